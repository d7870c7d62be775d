#include "side_link.h"

#include <string.h>

#include "memory.h"

/* Off the audio thread. */

struct side_link *side_link_create(struct side_source *source) {
    struct side_link *link = memory_allocate(sizeof *link);
    if (!link) return NULL;
    side_source_add_reference(source);
    link->source = source;
    return link;
}

void side_link_destroy(struct side_link *link) {
    side_source_release(link->source);
    memory_free(link);
}

/* Audio thread. */

void side_link_tap(struct side_link *tap, const struct side_block *block, float *const *rows, int32_t channels) {
    struct side_source *bus = tap->source;
    if (!side_source_enter(bus)) return; /* for the ear as if the tap were not there */
    if (block->is_first || !tap->begun) {
        bus->origin = bus->end - block->start;
        bus->streams++;
        tap->begun = true;
    }
    side_source_append(bus, rows, channels, block->frames);
    bus->blocks++;
    bus->latest = block->frames;
    side_source_leave(bus);
}

/* The tap feeds this block, and the ear's place is where the lead says. */
static void find_back(struct side_link *ear, const struct side_block *block) {
    ear->position = ear->source->end - block->frames - ear->lead;
}

/* A stream begins that the tap has no part in: nothing of the last one is heard. */
static void begin_alone(struct side_link *ear) {
    ear->position = ear->seen_end;
    ear->seen_end += ear->lead;
}

static void place(struct side_link *ear, const struct side_block *block) {
    const struct side_source *bus = ear->source;
    bool both_begin = block->is_first && bus->streams != ear->seen_streams;
    bool was_away = bus->blocks - ear->seen_blocks > 1 && bus->latest == block->frames;
    if (!ear->begun || both_begin) {
        ear->position = bus->origin + block->start;
    } else if (ear->alone) {
        if (block->is_first) begin_alone(ear);
    } else if (block->is_first || was_away) {
        find_back(ear, block);
    }
}

void side_link_begin(struct side_link *ear, const struct side_block *block) {
    struct side_source *source = ear->source;
    if (!source->is_bus) {
        ear->position = block->start;
    } else if (side_source_enter(source)) {
        ear->alone = source->blocks == ear->seen_blocks;
        place(ear, block);
        side_source_leave(source);
    }
}

void side_link_read(const struct side_link *ear, int32_t first, float *const *rows, int32_t row_count, int32_t frames) {
    struct side_source *source = ear->source;
    if (side_source_enter(source)) {
        side_source_read(source, ear->position + first, rows, row_count, frames);
        side_source_leave(source);
    } else {
        for (int32_t i = 0; i < row_count; i++) memset(rows[i], 0, (size_t)frames * sizeof(float));
    }
}

void side_link_end(struct side_link *ear, const struct side_block *block) {
    struct side_source *source = ear->source;
    ear->position += block->frames;
    if (!source->is_bus || !side_source_enter(source)) return;
    if (ear->alone) { /* the bus goes on in silence; another ear may have seen to that */
        int64_t end = ear->seen_end + block->frames;
        if (end > source->end) side_source_append(source, NULL, 0, end - source->end);
    }
    ear->begun = true;
    ear->lead = source->end - ear->position;
    ear->seen_end = source->end;
    ear->seen_streams = source->streams;
    ear->seen_blocks = source->blocks;
    side_source_leave(source);
}
