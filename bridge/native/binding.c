#include "binding.h"

#include <string.h>

#include "flush_to_zero.h"
#include "memory.h"

static const double FADE_SECONDS = 0.010;

/* Off the audio thread. */

static void prepare(struct binding *binding, const double *parameters, int32_t parameter_count) {
    const struct kernel_setup setup = {
        .sample_rate = binding->sample_rate,
        .max_frames = KERNEL_MAX_FRAMES,
        .inputs = binding->channels,
        .outputs = binding->channels,
        .side_inputs = binding->kernel.side_inputs,
    };
    int64_t size = binding->kernel.measure(binding->kernel.program, &setup);
    if (size < 0 || (uint64_t)size > SIZE_MAX) return;
    size_t slots = (size_t)parameter_count * sizeof(float);
    binding->state = memory_allocate((size_t)size > slots ? (size_t)size : slots);
    if (!binding->state) return;
    for (int32_t i = 0; i < parameter_count; i++) binding_write_slot(binding, i, parameters[i]);
    uint64_t mode = flush_to_zero_begin();
    binding->prepared = true;
    binding->latency = binding->kernel.prepare(binding->state, binding->kernel.program, &setup);
    flush_to_zero_end(mode);
}

struct binding *binding_create(const struct kernel *kernel, uint64_t attachment, double sample_rate, int32_t channels,
                               const double *parameters, int32_t parameter_count) {
    struct binding *binding = memory_allocate(sizeof *binding);
    if (!binding) return NULL;
    size_t rows = (size_t)channels + (size_t)kernel->side_inputs;
    binding->kernel = *kernel;
    binding->attachment = attachment;
    binding->sample_rate = sample_rate;
    binding->channels = channels;
    binding->latency = -1;
    binding->fade_frames = binding->faded_frames = (int32_t)(FADE_SECONDS * sample_rate);
    binding->scratch = memory_allocate(rows * KERNEL_MAX_FRAMES * sizeof *binding->scratch);
    binding->inputs = memory_allocate(rows * sizeof *binding->inputs);
    binding->outputs = memory_allocate((size_t)channels * sizeof *binding->outputs);
    binding->side_inputs = memory_allocate((size_t)kernel->side_inputs * sizeof *binding->side_inputs);
    if (!binding->scratch || !binding->inputs || !binding->outputs || !binding->side_inputs) {
        binding_destroy(binding);
        return NULL;
    }
    for (size_t row = 0; row < rows; row++) binding->inputs[row] = binding->scratch + row * KERNEL_MAX_FRAMES;
    for (int32_t i = 0; i < kernel->side_inputs; i++) {
        binding->side_inputs[i] = binding->scratch + (size_t)(channels + i) * KERNEL_MAX_FRAMES;
    }
    prepare(binding, parameters, parameter_count);
    return binding;
}

void binding_destroy(struct binding *binding) {
    if (binding->prepared && binding->kernel.release) binding->kernel.release(binding->state);
    memory_free(binding->state);
    memory_free(binding->scratch);
    memory_free((void *)binding->inputs);
    memory_free(binding->outputs);
    memory_free(binding->side_inputs);
    memory_free(binding);
}

/* Audio thread. */

void binding_write_slot(struct binding *binding, int32_t slot, double value) {
    ((float *)binding->state)[slot] = (float)value;
}

void binding_reset(struct binding *binding) {
    binding->kernel.reset(binding->state);
    binding->faded_frames = binding->fade_frames;
}

void binding_silence_side_inputs(struct binding *binding, int32_t frames) {
    for (int32_t i = 0; i < binding->kernel.side_inputs; i++) {
        memset(binding->side_inputs[i], 0, (size_t)frames * sizeof(float));
    }
}

static bool is_finite(float sample) {
    const uint32_t exponent = 0x7f800000;
    uint32_t bits;
    memcpy(&bits, &sample, sizeof bits);
    return (bits & exponent) != exponent;
}

static uint32_t copy_finite(float *restrict copy, const float *restrict samples, int32_t frames) {
    uint32_t not_finite = 0;
    for (int32_t i = 0; i < frames; i++) {
        bool finite = is_finite(samples[i]);
        not_finite += !finite;
        copy[i] = finite ? samples[i] : 0.0f;
    }
    return not_finite;
}

static uint32_t count_not_finite(const float *samples, int32_t frames) {
    uint32_t not_finite = 0;
    for (int32_t i = 0; i < frames; i++) not_finite += !is_finite(samples[i]);
    return not_finite;
}

/* One NaN must not silence a show: start over from rest, in silence, and fade in again. */
static void repair(struct binding *binding, int32_t frames) {
    for (int32_t row = 0; row < binding->channels; row++) {
        memset(binding->outputs[row], 0, (size_t)frames * sizeof(float));
    }
    binding->kernel.reset(binding->state);
    binding->faded_frames = 0;
}

static void fade_in(struct binding *binding, int32_t frames) {
    const float step = 1.0f / (float)binding->fade_frames;
    int32_t remaining = binding->fade_frames - binding->faded_frames;
    int32_t count = frames < remaining ? frames : remaining;
    for (int32_t row = 0; row < binding->channels; row++) {
        for (int32_t i = 0; i < count; i++) {
            binding->outputs[row][i] *= (float)(binding->faded_frames + i) * step;
        }
    }
    binding->faded_frames += count;
}

struct binding_repairs binding_process(struct binding *binding, float *const *inputs, float *const *outputs,
                                       int32_t first, int32_t frames) {
    struct binding_repairs repairs = {0, 0};
    for (int32_t row = 0; row < binding->channels; row++) {
        float *scratch = binding->scratch + (size_t)row * KERNEL_MAX_FRAMES;
        repairs.inputs += copy_finite(scratch, inputs[row] + first, frames);
        binding->outputs[row] = outputs[row] + first;
    }
    binding->kernel.process(binding->state, binding->inputs, binding->outputs, frames);
    for (int32_t row = 0; row < binding->channels; row++) {
        repairs.outputs += count_not_finite(binding->outputs[row], frames);
    }
    if (repairs.outputs) {
        repair(binding, frames);
    } else if (binding->faded_frames < binding->fade_frames) {
        fade_in(binding, frames);
    }
    return repairs;
}
