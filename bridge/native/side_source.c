#include "side_source.h"

#include <math.h>
#include <string.h>

#include "memory.h"

/* Off the audio thread. */

static struct side_source *create(bool is_bus) {
    struct side_source *source = memory_allocate(sizeof *source);
    if (!source) return NULL;
    atomic_init(&source->references, 1);
    atomic_flag_clear(&source->busy);
    source->is_bus = is_bus;
    return source;
}

struct side_source *side_source_bus(double seconds) {
    struct side_source *bus = create(true);
    if (bus) bus->seconds = seconds;
    return bus;
}

struct side_source *side_source_stem(const float *samples, int32_t channels, int64_t frames) {
    struct side_source *stem = create(false);
    if (!stem) return NULL;
    size_t count = (size_t)channels * (size_t)frames;
    stem->samples = memory_allocate(count * sizeof *samples);
    if (!stem->samples) {
        side_source_release(stem);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) stem->samples[i] = isfinite(samples[i]) ? samples[i] : 0.0f;
    stem->channels = channels;
    stem->capacity = stem->end = frames;
    return stem;
}

void side_source_add_reference(struct side_source *source) {
    atomic_fetch_add(&source->references, 1);
}

void side_source_release(struct side_source *source) {
    if (atomic_fetch_sub(&source->references, 1) != 1) return;
    memory_free(source->samples);
    memory_free(source);
}

static int64_t oldest(const struct side_source *source) {
    int64_t kept = source->end - source->capacity;
    return kept > source->kept_from ? kept : source->kept_from;
}

static float *sample_at(const struct side_source *source, int32_t channel, int64_t position) {
    int64_t frame = source->is_bus ? position & (source->capacity - 1) : position;
    return source->samples + (int64_t)channel * source->capacity + frame;
}

/* How many of the frames from `position` to `end` lie side by side. */
static int64_t run_from(const struct side_source *source, int64_t position, int64_t end) {
    int64_t run = end - position;
    if (!source->is_bus) return run;
    int64_t to_edge = source->capacity - (position & (source->capacity - 1));
    return run < to_edge ? run : to_edge;
}

static bool is_roomy(const struct side_source *bus, int32_t channels, int64_t capacity) {
    return bus->samples && bus->channels == channels && bus->capacity >= capacity;
}

static void move_into(struct side_source *larger, const struct side_source *bus) {
    larger->kept_from = larger->channels == bus->channels ? oldest(bus) : bus->end;
    larger->end = bus->end;
    for (int32_t channel = 0; channel < larger->channels; channel++) {
        for (int64_t i = larger->kept_from; i < bus->end; i++) {
            *sample_at(larger, channel, i) = *sample_at(bus, channel, i);
        }
    }
}

/* The audio thread holds it for no longer than it takes to copy a block. */
static void wait_for(struct side_source *bus) {
    while (!side_source_enter(bus)) continue;
}

bool side_source_reserve(struct side_source *bus, int32_t channels, double sample_rate, int32_t max_frames) {
    double wanted = ceil(bus->seconds * sample_rate) + 2.0 * max_frames;
    struct side_source larger = {.is_bus = true, .channels = channels, .capacity = 1024};
    while ((double)larger.capacity < wanted) larger.capacity *= 2;
    wait_for(bus);
    bool roomy = is_roomy(bus, channels, larger.capacity);
    side_source_leave(bus);
    if (roomy) return true;
    larger.samples = memory_allocate((size_t)channels * (size_t)larger.capacity * sizeof *larger.samples);
    if (!larger.samples) return false;
    float *unused = larger.samples;
    wait_for(bus);
    if (!is_roomy(bus, channels, larger.capacity)) {
        move_into(&larger, bus);
        unused = bus->samples;
        bus->samples = larger.samples;
        bus->channels = channels;
        bus->capacity = larger.capacity;
        bus->kept_from = larger.kept_from;
    }
    side_source_leave(bus);
    memory_free(unused);
    return true;
}

/* Audio thread. */

static float finite_or_zero(float sample) {
    const uint32_t exponent = 0x7f800000;
    uint32_t bits;
    memcpy(&bits, &sample, sizeof bits);
    return (bits & exponent) != exponent ? sample : 0.0f;
}

void side_source_append(struct side_source *bus, float *const *rows, int32_t channels, int64_t frames) {
    int64_t end = bus->end + frames;
    int64_t first = frames > bus->capacity ? end - bus->capacity : bus->end;
    for (int32_t channel = 0; channel < bus->channels; channel++) {
        const float *row = rows && channel < channels ? rows[channel] : NULL;
        for (int64_t i = first, run; i < end; i += run) {
            run = run_from(bus, i, end);
            float *kept = sample_at(bus, channel, i);
            if (!row) memset(kept, 0, (size_t)run * sizeof *kept);
            for (int64_t j = 0; row && j < run; j++) kept[j] = finite_or_zero(row[i - bus->end + j]);
        }
    }
    bus->end = end;
}

static void add_channel(const struct side_source *source, int32_t channel, int64_t position, float gain, float *row,
                        int32_t frames) {
    int64_t from = oldest(source) > position ? oldest(source) : position;
    int64_t to = source->end < position + frames ? source->end : position + frames;
    for (int64_t i = from, run; i < to; i += run) {
        run = run_from(source, i, to);
        const float *kept = sample_at(source, channel, i);
        for (int64_t j = 0; j < run; j++) row[i - position + j] += gain * kept[j];
    }
}

void side_source_read(const struct side_source *source, int64_t position, float *const *rows, int32_t row_count,
                      int32_t frames) {
    for (int32_t i = 0; i < row_count; i++) {
        memset(rows[i], 0, (size_t)frames * sizeof(float));
        if (row_count == 1) {
            for (int32_t channel = 0; channel < source->channels; channel++) {
                add_channel(source, channel, position, 1.0f / (float)source->channels, rows[i], frames);
            }
        } else if (source->channels == 1 || i < source->channels) {
            add_channel(source, source->channels == 1 ? 0 : i, position, 1.0f, rows[i], frames);
        }
    }
}
