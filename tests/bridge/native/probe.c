/* A kernel that lets hear what it is given, `latency` frames late: in every row
 *     gain (slot 0) * input + side row (of the same number, modulo their count) + the MIDI due at that very frame,
 * a message counting as its bytes read as one number. Its delay line is memory of its own, for release() to free. */
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED
#endif

enum { MOST_SLOTS = 512, MOST_ROWS = 8 };

struct program {
    int32_t latency;
    int32_t held;      /* delay lines taken and not yet given back */
    int32_t disorders; /* messages out of order or outside their slice */
};

struct state {
    float slots[MOST_SLOTS];
    struct program *program;
    float *line; /* MOST_ROWS rows of latency + KERNEL_MAX_FRAMES */
    int32_t channels;
    int32_t side_inputs;
    int32_t due;
    float midi[KERNEL_MAX_FRAMES];
};

EXPORTED int64_t probe_measure(const void *program, const struct kernel_setup *setup) {
    (void)program;
    return setup->inputs > MOST_ROWS ? -1 : (int64_t)sizeof(struct state);
}

EXPORTED int32_t probe_prepare(void *memory, void *program, const struct kernel_setup *setup) {
    struct state *state = memory;
    state->program = program;
    state->channels = setup->inputs;
    state->side_inputs = setup->side_inputs;
    state->line = calloc(MOST_ROWS * (size_t)(state->program->latency + KERNEL_MAX_FRAMES), sizeof(float));
    if (!state->line) return -1;
    state->program->held++;
    return state->program->latency;
}

EXPORTED void probe_process(void *memory, const float *const *inputs, float *const *outputs, int32_t frames) {
    struct state *state = memory;
    size_t latency = (size_t)state->program->latency, count = (size_t)frames;
    if (state->due >= frames) state->program->disorders++;
    for (int32_t row = 0; row < state->channels; row++) {
        float *line = state->line + (size_t)row * (latency + KERNEL_MAX_FRAMES);
        const float *side = state->side_inputs ? inputs[state->channels + row % state->side_inputs] : NULL;
        for (size_t i = 0; i < count; i++) {
            line[latency + i] = state->slots[0] * inputs[row][i] + (side ? side[i] : 0.0f) + state->midi[i];
        }
        memcpy(outputs[row], line, count * sizeof(float));
        memmove(line, line + count, latency * sizeof(float));
    }
    memset(state->midi, 0, sizeof state->midi);
    state->due = 0;
}

EXPORTED void probe_reset(void *memory) {
    struct state *state = memory;
    memset(state->line, 0, MOST_ROWS * (size_t)(state->program->latency + KERNEL_MAX_FRAMES) * sizeof(float));
}

EXPORTED void probe_event(void *memory, int32_t frame, const uint8_t *midi, int32_t size) {
    struct state *state = memory;
    float number = 0.0f;
    for (int32_t i = 0; i < size; i++) number = 256.0f * number + (float)midi[i];
    if (frame < state->due || frame >= KERNEL_MAX_FRAMES) {
        state->program->disorders++;
        return;
    }
    state->due = frame;
    state->midi[frame] += number;
}

EXPORTED void probe_release(void *memory) {
    struct state *state = memory;
    if (!state->line) return;
    free(state->line);
    state->program->held--;
}
