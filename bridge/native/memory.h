/* Every allocation of the bridge, counted. Off the audio thread. */
#ifndef AMPBOARD_MEMORY_H
#define AMPBOARD_MEMORY_H

#include <stddef.h>
#include <stdint.h>

enum { MEMORY_ALIGNMENT = 64 };

/* Zeroed memory that starts on a cache line; NULL when there is none. */
void *memory_allocate(size_t size);
void memory_free(void *memory);

/* How often memory_allocate() was called since the module was loaded: what a test holds still during playing. */
uint64_t memory_allocations(void);

#endif
