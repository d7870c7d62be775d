/* What a side-chain is fed from: a named point of a chain (a bus), or a stem as long as it is.
 *
 * A bus keeps what passed its point lately. It belongs to one stream at a time: whoever finds it in use by another
 * thread goes without. Positions are frames and never go back; before the first, behind the last and where a frame is
 * no longer kept there is silence.
 */
#ifndef AMPBOARD_SIDE_SOURCE_H
#define AMPBOARD_SIDE_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct side_source {
    atomic_int_least32_t references;
    bool is_bus;
    double seconds; /* a bus: how much it keeps at least */

    atomic_flag busy;  /* a bus: guards what follows */
    float *samples;    /* channels rows of `capacity` frames; a bus uses them as a ring */
    int32_t channels;
    int64_t capacity;  /* a bus: a power of 2 */
    int64_t kept_from; /* the first position that was ever kept */
    int64_t end;       /* the position behind the last one */
    int64_t origin;    /* where the present stream of its point begins */
    uint64_t streams;  /* how often a stream began */
    uint64_t blocks;   /* how many blocks passed */
    int32_t latest;    /* frames of the latest block */
};

/* Off the audio thread. With one reference; NULL when memory is short. Samples of a stem are copied, row after row. */
struct side_source *side_source_bus(double seconds);
struct side_source *side_source_stem(const float *samples, int32_t channels, int64_t frames);
void side_source_add_reference(struct side_source *source);
void side_source_release(struct side_source *source);

/* Off the audio thread. Room for blocks of `max_frames` with so many channels, beside the seconds that a bus keeps. */
bool side_source_reserve(struct side_source *bus, int32_t channels, double sample_rate, int32_t max_frames);

/* Audio thread. False: another thread has it. */
static inline bool side_source_enter(struct side_source *source) {
    return !source->is_bus || !atomic_flag_test_and_set_explicit(&source->busy, memory_order_acquire);
}
static inline void side_source_leave(struct side_source *source) {
    if (source->is_bus) atomic_flag_clear_explicit(&source->busy, memory_order_release);
}

/* Audio thread, between enter and leave. NULL: silence. */
void side_source_append(struct side_source *bus, float *const *rows, int32_t channels, int64_t frames);
/* One channel feeds every row; one row hears the mean of all channels; else each row its own channel or silence. */
void side_source_read(const struct side_source *source, int64_t position, float *const *rows, int32_t row_count,
                      int32_t frames);

#endif
