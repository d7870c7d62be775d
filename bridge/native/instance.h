/* One plugin: component, processor and controller in one object.
 *
 * Preparation (off the audio thread) builds a binding and publishes it by one atomic pointer. The audio thread counts
 * an epoch when it enters and when it leaves process(): odd means inside. A replaced binding is freed when the epoch
 * shows that the audio thread cannot hold it any more.
 */
#ifndef AMPBOARD_INSTANCE_H
#define AMPBOARD_INSTANCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "binding.h"
#include "lock.h"
#include "midi_queue.h"
#include "registry.h"
#include "side_link.h"
#include "vst3_abi.h"

/* What an interface pointer points to: VST3 reads the first word, we the second. */
struct face {
    const void *methods;
    struct instance *instance;
};

struct instance_counters {
    atomic_uint_least64_t process_calls;
    atomic_uint_least64_t resets;
    atomic_uint_least64_t prepares;
    atomic_uint_least64_t refusals;
    atomic_uint_least64_t non_finite_inputs;
    atomic_uint_least64_t non_finite_outputs;
    atomic_uint_least64_t dropped_midi;
};

struct instance {
    struct face component;
    struct face processor;
    struct face controller;
    struct face requirements;
    atomic_int_least32_t references;
    uint64_t number;
    struct plugin_class *plugin_class;
    struct instance *older; /* guarded by the registry's lock */

    struct lock preparing; /* guards the fields up to the blank line */
    struct kernel kernel;
    uint64_t attachment; /* 0: no kernel yet, audio passes through */
    double sample_rate;
    int32_t max_frames;
    int32_t channels;
    uint64_t arrangement;
    struct binding *retired;
    struct side_link *retired_links;

    struct lock handling; /* guards the handler */
    void *handler;

    _Atomic(struct binding *) published;
    atomic_uint_least64_t epoch;
    atomic_bool reset_armed;
    _Atomic(struct side_link *) tap; /* the input of this plugin goes into a bus */
    _Atomic(struct side_link *) ear; /* where its side-chain comes from */
    _Atomic(struct midi_queue *) midi; /* NULL until the first message */
    int64_t position; /* audio thread: frames since the stream began */
    struct instance_counters counters;
    atomic_uint_least64_t edits; /* of the values: from 1, so that a new binding knows of none */
    _Atomic double values[]; /* plain parameter values */
};

/* Off the audio thread. Takes over the caller's hold on the class; the caller has the only reference. */
struct instance *instance_create(struct plugin_class *plugin_class);

/* Any thread but the audio thread. */
uint32_t instance_add_reference(struct instance *instance);
uint32_t instance_release(struct instance *instance);
bool instance_reference_if_alive(struct instance *instance);

/* The base methods of every face: any thread but the audio thread. */
vst3_result VST3_CALL face_query_interface(void *self, const char *id, void **object);
uint32_t VST3_CALL face_add_reference(void *self);
uint32_t VST3_CALL face_release(void *self);

static inline struct instance *instance_of(void *face) { return ((struct face *)face)->instance; }

/* Off the audio thread. Builds and publishes the binding for the present setup, if the published one is for another. */
void instance_prepare(struct instance *instance);
void instance_set_up(struct instance *instance, double sample_rate, int32_t max_frames);
void instance_set_arrangement(struct instance *instance, uint64_t arrangement, int32_t channels);

/* Off the audio thread, also during process(). Once a binding plays, the new kernel is prepared at once and takes over
 * between two blocks; before that it waits for the first setup. False: refused, the old one plays on. */
bool instance_attach(struct instance *instance, const struct kernel *kernel, uint64_t attachment);

/* Off the audio thread, also during process(). `source` may be NULL: feed nothing, hear nothing. False: memory is short. */
bool instance_tap_into(struct instance *instance, struct side_source *bus);
bool instance_listen_to(struct instance *instance, struct side_source *source);

/* Any thread but the audio thread. `frame` counts from the next block. False: the kernel takes no MIDI. */
bool instance_send_midi(struct instance *instance, int32_t frame, const uint8_t *bytes, int32_t size);

/* Off the audio thread. The attachments whose kernels may still be called: writes up to `capacity`, returns how many. */
int32_t instance_live_attachments(struct instance *instance, uint64_t *attachments, int32_t capacity);

/* Any thread but the audio thread. Frames of latency of the present setup, 0 while there is none. */
int32_t instance_latency(struct instance *instance);
uint32_t instance_tail(struct instance *instance);

/* Any thread. */
double instance_value(const struct instance *instance, int32_t index);
void instance_set_value(struct instance *instance, int32_t index, double plain);
/* A normalised value from the host: ignored when it only repeats the plain value in less precision. */
void instance_set_normalised(struct instance *instance, int32_t index, double normalised);

/* Any thread but the audio thread. Sets an exact value and mirrors it to the host as an edit. */
void instance_edit(struct instance *instance, int32_t index, double plain);
void instance_set_handler(struct instance *instance, void *handler);

extern const struct vst3_component_methods component_methods;
extern const struct vst3_processor_methods processor_methods;
extern const struct vst3_controller_methods controller_methods;
extern const struct vst3_process_context_requirements_methods requirements_methods;

#endif
