/* A kernel made ready for one setup: functions, program and prepared state, with the scratch memory to call it.
 *
 * What a binding is does not change once it is published; its state and scratch belong to the audio thread. Another
 * setup or another kernel is another binding.
 */
#ifndef AMPBOARD_BINDING_H
#define AMPBOARD_BINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

struct binding {
    struct kernel kernel;
    uint64_t attachment;
    double sample_rate;
    int32_t channels;
    int32_t latency; /* host frames; < 0: the kernel refused this setup, and the binding is silent */
    bool prepared;   /* prepare() was called, so that release() is due */

    /* Audio thread. */
    void *state;
    float *scratch; /* the input of one slice: rows of KERNEL_MAX_FRAMES, the channels and then the side-chain */
    const float **inputs;
    float **outputs;
    float **side_inputs; /* the rows of side-chain */
    uint64_t written_edits; /* how many edits of parameters its slots know of */
    int32_t fade_frames; /* length of the fade-in after a repair */
    int32_t faded_frames;

    /* Off the audio thread: a list of replaced bindings that may still be in use. */
    struct binding *next_retired;
    uint64_t retired_in_epoch;
};

/* Off the audio thread. `parameters` fill the slots before the kernel is prepared. NULL when memory is short. */
struct binding *binding_create(const struct kernel *kernel, uint64_t attachment, double sample_rate, int32_t channels,
                               const double *parameters, int32_t parameter_count);
void binding_destroy(struct binding *binding);

static inline bool binding_is_refused(const struct binding *binding) { return binding->latency < 0; }

/* Off the audio thread, of a binding that is not refused. */
static inline int32_t binding_latency(const struct binding *binding) {
    return binding->kernel.latency ? binding->kernel.latency(binding->state) : binding->latency;
}

/* Audio thread. */
void binding_write_slot(struct binding *binding, int32_t slot, double value);
void binding_reset(struct binding *binding);

static inline bool binding_takes_midi(const struct binding *binding) { return binding->kernel.event != NULL; }
/* `frame` counts from the first frame of the next binding_process(); only where binding_takes_midi(). */
static inline void binding_event(struct binding *binding, int32_t frame, const uint8_t *midi, int32_t size) {
    binding->kernel.event(binding->state, frame, midi, size);
}

/* Audio thread. Before binding_process(), where nothing else writes the rows of side-chain. */
void binding_silence_side_inputs(struct binding *binding, int32_t frames);

struct binding_repairs {
    uint32_t inputs;  /* samples that were not finite and became 0 */
    uint32_t outputs; /* samples that were not finite: the kernel was reset, the slice silenced */
};

/* Audio thread. At most KERNEL_MAX_FRAMES frames from `first` on; input and output may be the same memory. The caller
 * writes the rows of side-chain before. */
struct binding_repairs binding_process(struct binding *binding, float *const *inputs, float *const *outputs,
                                       int32_t first, int32_t frames);

#endif
