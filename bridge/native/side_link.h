/* An instance's hold on a source: its tap, which feeds a bus, or its ear, through which it listens to a source.
 *
 * Hosts run a chain block by block, every processor once a block, and leave out the latency of those between tap and
 * ear: counted frames are positions of the stream. Only who was taken out of the chain for a while counts wrong, and
 * finds back here by the lead, the frames that the bus is ahead at the end of a block: the latency between the two.
 */
#ifndef AMPBOARD_SIDE_LINK_H
#define AMPBOARD_SIDE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "side_source.h"

struct side_link {
    struct side_source *source;

    bool begun;

    /* An ear: what it knows of the bus. */
    bool alone;        /* the tap did not run before it in this block */
    int64_t position;  /* of the present block in the bus */
    int64_t lead;
    int64_t seen_end;
    uint64_t seen_streams;
    uint64_t seen_blocks;

    /* Off the audio thread: a list of replaced links that may still be in use. */
    struct side_link *next_retired;
    uint64_t retired_in_epoch;
};

/* Where a block stands in its instance's stream. */
struct side_block {
    int64_t start; /* frames since the stream began */
    int32_t frames;
    bool is_first; /* after a reset */
};

/* Off the audio thread. Takes a reference of its own; NULL when memory is short. */
struct side_link *side_link_create(struct side_source *source);
void side_link_destroy(struct side_link *link);

/* Audio thread. */
void side_link_tap(struct side_link *tap, const struct side_block *block, float *const *rows, int32_t channels);

/* Audio thread. Begin, read parts of the block, end. */
void side_link_begin(struct side_link *ear, const struct side_block *block);
void side_link_read(const struct side_link *ear, int32_t first, float *const *rows, int32_t row_count, int32_t frames);
void side_link_end(struct side_link *ear, const struct side_block *block);

#endif
