#include "memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#if defined(_WIN32)
#include <malloc.h>
#endif

static atomic_uint_least64_t allocations;

void *memory_allocate(size_t size) {
    if (size > SIZE_MAX - MEMORY_ALIGNMENT) return NULL;
    size_t whole_lines = (size + MEMORY_ALIGNMENT) / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT;
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
#if defined(_WIN32)
    void *memory = _aligned_malloc(whole_lines, MEMORY_ALIGNMENT);
#else
    void *memory = aligned_alloc(MEMORY_ALIGNMENT, whole_lines);
#endif
    if (memory) memset(memory, 0, whole_lines);
    return memory;
}

void memory_free(void *memory) {
#if defined(_WIN32)
    _aligned_free(memory);
#else
    free(memory);
#endif
}

uint64_t memory_allocations(void) {
    return atomic_load_explicit(&allocations, memory_order_relaxed);
}
