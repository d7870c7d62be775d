#include "ring.h"

#include <string.h>

#include "../memory.h"

bool ring_create(struct ring *ring, uint32_t capacity) {
    ring->memory = memory_allocate(capacity);
    ring->capacity = ring->memory ? capacity : 0;
    atomic_init(&ring->written, 0);
    atomic_init(&ring->read, 0);
    return ring->memory;
}

void ring_destroy(struct ring *ring) {
    memory_free(ring->memory);
    ring->memory = NULL;
}

static void copy_in(struct ring *ring, uint32_t position, const void *bytes, uint32_t size) {
    uint32_t start = position & (ring->capacity - 1);
    uint32_t first = size < ring->capacity - start ? size : ring->capacity - start;
    memcpy(ring->memory + start, bytes, first);
    memcpy(ring->memory, (const uint8_t *)bytes + first, size - first);
}

static void copy_out(const struct ring *ring, uint32_t position, void *bytes, uint32_t size) {
    uint32_t start = position & (ring->capacity - 1);
    uint32_t first = size < ring->capacity - start ? size : ring->capacity - start;
    memcpy(bytes, ring->memory + start, first);
    memcpy((uint8_t *)bytes + first, ring->memory, size - first);
}

bool ring_write(struct ring *ring, uint32_t size, const void *message) {
    uint32_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    uint32_t room = ring->capacity - (written - atomic_load_explicit(&ring->read, memory_order_acquire));
    if (size >= ring->capacity || room < sizeof size + size) return false;
    copy_in(ring, written, &size, sizeof size);
    if (size) copy_in(ring, written + (uint32_t)sizeof size, message, size);
    atomic_store_explicit(&ring->written, written + (uint32_t)sizeof size + size, memory_order_release);
    return true;
}

bool ring_next(const struct ring *ring, uint32_t *size) {
    if (ring_is_empty(ring)) return false;
    copy_out(ring, atomic_load_explicit(&ring->read, memory_order_relaxed), size, sizeof *size);
    return true;
}

void ring_read(struct ring *ring, void *message) {
    uint32_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    uint32_t size;
    copy_out(ring, read, &size, sizeof size);
    copy_out(ring, read + (uint32_t)sizeof size, message, size);
    atomic_store_explicit(&ring->read, read + (uint32_t)sizeof size + size, memory_order_release);
}
