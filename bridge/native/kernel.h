/* The kernel contract: C functions over one opaque state.
 *
 * The C face of ampboard.models.kernels.contract, which says what each function promises. The program is immutable and
 * shared; the state is memory of the caller: zeroed, aligned to 64 bytes, as large as measure() asks. It begins with the
 * parameter slots (float), which the caller writes between calls of process(). A state holds no pointer into itself.
 */
#ifndef AMPBOARD_KERNEL_H
#define AMPBOARD_KERNEL_H

#include <stdint.h>

/* The most frames a kernel is given at once: longer blocks are sliced, so that a growing block never re-prepares. */
enum { KERNEL_MAX_FRAMES = 512 };

struct kernel_setup {
    double sample_rate; /* Hz */
    int32_t max_frames;
    int32_t inputs;
    int32_t outputs;
    int32_t side_inputs;
};

/* Off the audio thread. Bytes of state; < 0: this setup is refused. */
typedef int64_t (*kernel_measure)(const void *program, const struct kernel_setup *setup);

/* Off the audio thread. Latency in host frames; < 0: refused. Ends in the state of rest that reset() returns to. */
typedef int32_t (*kernel_prepare)(void *state, const void *program, const struct kernel_setup *setup);

/* Audio thread. Inputs and outputs never overlap; frames <= max_frames. Allocates nothing, locks nothing. */
typedef void (*kernel_process)(void *state, const float *const *inputs, float *const *outputs, int32_t frames);

/* Audio thread. Bounded time. Keeps the parameter slots. */
typedef void (*kernel_reset)(void *state);

/* Audio thread. A MIDI message for the coming process(), `frame` counted from its first frame; in order of time. */
typedef void (*kernel_event)(void *state, int32_t frame, const uint8_t *midi, int32_t size);

/* Off the audio thread. Latency in host frames as it is now, for those whose latency can change after prepare(). */
typedef int32_t (*kernel_latency)(void *state);

/* Off the audio thread. Lets go of what prepare() took beside the state's memory. */
typedef void (*kernel_release)(void *state);

struct kernel {
    kernel_measure measure;
    kernel_prepare prepare;
    kernel_process process;
    kernel_reset reset;
    kernel_event event;     /* NULL: takes no MIDI */
    kernel_latency latency; /* NULL: what prepare() said stays true */
    kernel_release release; /* NULL: a state is nothing but its memory */
    const void *program;    /* the owner of the kernel keeps it alive while an attachment of it is live */
    double tail;            /* seconds of sound after the input has ended */
    int32_t side_inputs;    /* rows of side-chain that follow the main inputs in process() */
};

#endif
