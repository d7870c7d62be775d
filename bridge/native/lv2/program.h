/* One opened plugin: its code, what its bundle says, and the state that every new instance starts from. */
#ifndef AMPBOARD_LV2_PROGRAM_H
#define AMPBOARD_LV2_PROGRAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "log.h"
#include "lv2_abi.h"
#include "properties.h"

enum {
    LV2_MOST_PARAMETERS = 4096,
    LV2_MOST_PORTS = 16384,
    LV2_LONGEST_BLOCK = 8192,
    LV2_ATOM_BUFFER = 32768, /* bytes of an atom port, when the plugin wants no more */
    LV2_LONGEST_MESSAGE = 16384,
};

enum port_kind {
    PORT_AUDIO,
    PORT_SIDE_CHAIN, /* an audio input */
    PORT_CONTROL,
    PORT_CV,
    PORT_ATOM,
    PORT_UNCONNECTED, /* optional, of a kind the host does not know */
};

enum port_flag {
    PORT_BY_SAMPLE_RATE = 1, /* its value counts multiples of the sample rate */
    PORT_LATENCY = 2,        /* reports frames of latency */
    PORT_MIDI = 4,           /* atoms: takes MIDI */
    PORT_PATCH = 8,          /* atoms: takes patch messages */
};

struct port {
    int32_t kind;
    int32_t is_output;
    int32_t slot; /* of a control input that is a parameter; -1: it keeps `value` */
    int32_t flags;
    float value;
    uint32_t minimum_size; /* bytes of an atom port */
};

/* What Python read in the bundle. */
struct plugin_facts {
    const char *uri;
    const char *binary;
    const char *bundle; /* ends in a separator */
    const char *files;  /* folder in which the plugin may create files; ends in a separator */
    int32_t port_count;
    const struct port *ports;
    int32_t parameter_count;
    int32_t block_size; /* frames of every run(); 0: as the host likes, up to KERNEL_MAX_FRAMES */
    int32_t restores_while_running; /* state:threadSafeRestore */
};

struct program {
    const struct lv2_plugin *plugin;
    const struct lv2_worker *worker; /* NULL: none */
    const struct lv2_state *state;   /* NULL: none */
    char *bundle;
    char *files;
    struct port *ports;
    int32_t port_count;
    int32_t *block_ports; /* those that every block touches: audio and atoms, in order */
    int32_t block_port_count;
    int32_t parameter_count;
    int32_t block_size;
    bool restores_while_running;
    int32_t inputs;  /* audio ports */
    int32_t outputs;
    int32_t side_inputs;
    int32_t latency_port; /* -1: none */
    bool has_atoms;
    bool takes_midi;
    bool has_scaled_controls;

    struct lv2_state_make_path make_path;
    struct lv2_state_free_path free_path;
    struct log log;

    /* Inside hosting_enter(). */
    struct properties memory;  /* the state that new instances are given */
    struct properties patches; /* set by patch messages since, and not yet part of it */
    struct properties saved;   /* what the plugin said last, for who asked */
    struct player *players;    /* the newest first */

    atomic_uint_least32_t version; /* grows when memory or patches change */
    atomic_bool has_changed;       /* the plugin said that its state is no longer `memory` */
};

static inline bool program_is_per_channel(const struct program *program) {
    return program->inputs == 1 && program->outputs == 1;
}

/* Off the audio thread. NULL: `error` says why. */
struct program *program_open(const struct plugin_facts *facts, char *error, uint32_t capacity);

/* Off the audio thread, when no player of it lives. The plugin's code stays loaded: many leave threads and exit handlers
 * behind that crash without it. */
void program_close(struct program *program);

#endif
