/* The instances of a plugin that one stream of audio runs through: one, or one a channel. */
#ifndef AMPBOARD_LV2_VOICES_H
#define AMPBOARD_LV2_VOICES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "host_features.h"
#include "program.h"
#include "properties.h"
#include "worker.h"

struct voice {
    void *instance;
    struct worker worker;
    struct features features;
    void **connected;  /* a port: what it is connected to now */
    float *outputs;    /* a port: the value of a control output */
    void **buffers;    /* a port: its atom or CV buffer, or NULL */
};

struct voices {
    struct program *program;
    struct options options;
    double sample_rate;
    bool is_active;
    bool is_urgent; /* takes over at the next block, and not only at a reset */
    atomic_bool has_run; /* since they were at rest; set by the audio thread */
    atomic_uint_least32_t version; /* the program's, whose state they were given */
    struct voices *next; /* in a list of retired ones */
    float *zero;    /* what an input hears that nothing feeds */
    float *unheard; /* where an output goes that nothing hears */
    void *controls; /* memory that goes with the voices, or NULL */
    int32_t count;
    struct voice list[];
};

/* Inside hosting_enter(). At rest, with the program's present state, active. `controls` has a pointer a port: where a
 * control input reads. NULL: the plugin refuses, or memory is short. */
struct voices *voices_create(struct program *program, double sample_rate, int32_t count, float *const *controls);
void voices_destroy(struct voices *voices);

/* Inside hosting_enter(). The plugin's own words about its state; false: it has none, or refuses. */
bool voices_save(struct voices *voices, struct properties *properties);
void voices_restore(struct voices *voices, const struct properties *properties);

/* The same, while `asked` learns which keys the plugin looks for: the names by which it knows its properties. */
void voices_learn_keys(struct voices *voices, const struct properties *properties, struct properties *asked);

/* Frames of an inner block at most: every buffer's length. */
static inline int32_t voices_longest_block(const struct voices *voices) { return voices->options.longest_block; }

/* Audio thread, or inside hosting_enter() before the audio thread has it. */
static inline void voice_connect(const struct voices *voices, struct voice *voice, int32_t port, void *data) {
    if (voice->connected[port] == data) return;
    voice->connected[port] = data;
    voices->program->plugin->connect_port(voice->instance, (uint32_t)port, data);
}

void voice_run(struct voices *voices, struct voice *voice, int32_t frames);

/* Event ports before a run: inputs empty, outputs open. */
void voices_clear_events(struct voices *voices);

/* A message for every voice's ports with the flag. Events come in order of time. */
void voices_add_event(struct voices *voices, enum port_flag taking, int64_t frame, const struct lv2_atom *atom);

/* Inside hosting_enter(), before the audio thread has the voices. A block of silence that nothing hears. */
void voices_run_silence(struct voices *voices);

/* The same for as many blocks as plugins need to take up what they were told: a file, a restored state. */
void voices_settle(struct voices *voices);

/* Frames, as the plugin said in its last run(). */
int32_t voices_reported_latency(const struct voices *voices);

uint32_t atom_port_capacity(const struct port *port);

#endif
