/* Messages from one thread to another, in order, without a lock. */
#ifndef AMPBOARD_LV2_RING_H
#define AMPBOARD_LV2_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ring {
    uint8_t *memory;
    uint32_t capacity; /* a power of two */
    _Alignas(64) atomic_uint_least32_t written;
    _Alignas(64) atomic_uint_least32_t read;
};

/* Off the audio thread. False when memory is short. */
bool ring_create(struct ring *ring, uint32_t capacity);
void ring_destroy(struct ring *ring);

/* The one writing thread. False: the message does not fit, nothing was written. */
bool ring_write(struct ring *ring, uint32_t size, const void *message);

/* The one reading thread. Whether there is a message, and its size; ring_read() copies it and moves on. */
bool ring_next(const struct ring *ring, uint32_t *size);
void ring_read(struct ring *ring, void *message);
static inline bool ring_is_empty(const struct ring *ring) {
    return atomic_load_explicit(&ring->written, memory_order_acquire) ==
           atomic_load_explicit(&ring->read, memory_order_relaxed);
}

#endif
