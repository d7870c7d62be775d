/* Denormal numbers count as zero between flush_to_zero_begin() and flush_to_zero_end(): hosts leave the floating-point
 * mode as they please, and a decaying recursion in denormals costs a hundred times its usual time. Audio thread. */
#ifndef AMPBOARD_FLUSH_TO_ZERO_H
#define AMPBOARD_FLUSH_TO_ZERO_H

#include <stdint.h>

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>

enum { FLUSH_TO_ZERO_AND_DENORMALS_ARE_ZERO = 0x8040 };

static inline uint64_t flush_to_zero_begin(void) {
    unsigned int mode = _mm_getcsr();
    _mm_setcsr(mode | FLUSH_TO_ZERO_AND_DENORMALS_ARE_ZERO);
    return mode;
}

static inline void flush_to_zero_end(uint64_t mode) { _mm_setcsr((unsigned int)mode); }

#elif defined(__aarch64__)

static inline uint64_t flush_to_zero_begin(void) {
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" : : "r"(mode | (UINT64_C(1) << 24)));
    return mode;
}

static inline void flush_to_zero_end(uint64_t mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }

#else

static inline uint64_t flush_to_zero_begin(void) { return 0; }
static inline void flush_to_zero_end(uint64_t mode) { (void)mode; }

#endif
#endif
