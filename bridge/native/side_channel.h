/* What Python calls beside the VST3 interfaces: one class a kernel, named by its number. Never the audio thread.
 *
 * A side channel exists because VST3 knows parameters only as normalised numbers, which hosts keep as float: through it
 * values are exact, kernels are attached and exchanged, and counters are read.
 */
#ifndef AMPBOARD_SIDE_CHANNEL_H
#define AMPBOARD_SIDE_CHANNEL_H

#include <stdint.h>

#include "exported.h"
#include "kernel.h"
#include "registry.h"

enum side_channel_result {
    SIDE_CHANNEL_OK = 0,
    SIDE_CHANNEL_NO_INSTANCE = -1,  /* no such class, or none of its instances lives */
    SIDE_CHANNEL_NO_PARAMETER = -2,
    SIDE_CHANNEL_REFUSED = -3,      /* the kernel refuses the present sample rate or channels */
    SIDE_CHANNEL_NO_MIDI = -4,      /* the kernel takes none */
    SIDE_CHANNEL_IMPOSSIBLE = -5,   /* arguments out of range, or memory is short */
};

struct side_channel_counters {
    uint64_t process_calls;
    uint64_t resets;
    uint64_t prepares;
    uint64_t refusals;
    uint64_t non_finite_inputs;
    uint64_t non_finite_outputs;
    uint64_t dropped_midi;
    int64_t latency;
};

/* Sizes of the structures as this module was compiled: kernel, parameter, class description, counters, label. */
EXPORTED void ampboard_structure_sizes(uint64_t sizes[5]);

/* 0 when the description is impossible. */
EXPORTED uint32_t ampboard_register_class(const struct class_description *description);
EXPORTED int32_t ampboard_unregister_class(uint32_t class_number);

/* On this thread the factory lists only this class; 0 lists all again. */
EXPORTED void ampboard_show_only(uint32_t class_number);

/* New and living instances of the class run `kernel` from now on. Returns the attachment (> 0) or a result above. The
 * kernel's program and functions must live while ampboard_live_attachments() names the attachment. */
EXPORTED int64_t ampboard_attach_kernel(uint32_t class_number, const struct kernel *kernel);
EXPORTED int32_t ampboard_live_attachments(uint32_t class_number, uint64_t *attachments, int32_t capacity);

/* 1 while an instance of the class lives, or its kernels' release() is not through. */
EXPORTED int32_t ampboard_is_alive(uint32_t class_number);

/* Exact plain values. */
EXPORTED int32_t ampboard_set_parameter(uint32_t class_number, int32_t index, double value);
EXPORTED int32_t ampboard_get_parameter(uint32_t class_number, int32_t index, double *value);

/* A message of 1 to MIDI_LONGEST bytes, `frame` (from 0) counted from the next block; behind its end it waits for the
 * block that has the frame. A reset forgets what waits from earlier blocks, not what was sent since the last one. */
EXPORTED int32_t ampboard_send_midi(uint32_t class_number, int32_t frame, const uint8_t *bytes, int32_t size);

/* Side-chain: a bus is fed by the input of one plugin, a stem is a copy of an array (row after row). Who creates one
 * holds a reference; every plugin that uses it holds another. */
EXPORTED struct side_source *ampboard_create_bus(double seconds);
EXPORTED struct side_source *ampboard_create_stem(const float *samples, int32_t channels, int64_t frames);
EXPORTED void ampboard_release_source(struct side_source *source);
/* `source` NULL: no longer. */
EXPORTED int32_t ampboard_tap_into(uint32_t class_number, struct side_source *bus);
EXPORTED int32_t ampboard_listen_to(uint32_t class_number, struct side_source *source);

EXPORTED int32_t ampboard_get_counters(uint32_t class_number, struct side_channel_counters *counters);

/* Allocations of the whole module since it was loaded. */
EXPORTED uint64_t ampboard_allocations(void);

#endif
