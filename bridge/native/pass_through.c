/* The kernel that changes nothing: what a plugin runs that is there for its place in a chain. */
#include "pass_through.h"

#include <string.h>

struct state {
    int32_t channels;
};

static int64_t measure(const void *program, const struct kernel_setup *setup) {
    (void)program, (void)setup;
    return sizeof(struct state);
}

static int32_t prepare(void *memory, const void *program, const struct kernel_setup *setup) {
    struct state *state = memory;
    (void)program;
    state->channels = setup->inputs;
    return 0;
}

static void process(void *memory, const float *const *inputs, float *const *outputs, int32_t frames) {
    const struct state *state = memory;
    for (int32_t row = 0; row < state->channels; row++) {
        memcpy(outputs[row], inputs[row], (size_t)frames * sizeof(float));
    }
}

static void reset(void *memory) {
    (void)memory;
}

void ampboard_pass_through(struct kernel *kernel) {
    *kernel = (struct kernel){.measure = measure, .prepare = prepare, .process = process, .reset = reset};
}
