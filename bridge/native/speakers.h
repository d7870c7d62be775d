/* Channel counts as VST3 speaker arrangements: one bit a loudspeaker. Any thread. */
#ifndef AMPBOARD_SPEAKERS_H
#define AMPBOARD_SPEAKERS_H

#include <stdint.h>

static inline uint64_t speakers_for(int32_t channels) {
    const uint64_t mono = UINT64_C(1) << 19;
    if (channels == 1) return mono;
    return channels < 64 ? (UINT64_C(1) << channels) - 1 : UINT64_MAX;
}

static inline int32_t speakers_count(uint64_t arrangement) {
    int32_t count = 0;
    for (; arrangement; arrangement &= arrangement - 1) count++;
    return count;
}

#endif
