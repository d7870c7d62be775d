/* A prepared kernel of an LV2 plugin: what the bridge calls, around the voices that run.
 *
 * How audio meets ports: a plugin with one input and one output runs once a channel. Any other runs once: channel c is
 * input c, and output c is channel c; inputs and outputs beyond are silent and unheard. Mono audio feeds the first two
 * inputs and hears the average of the first two outputs. A plugin with one input hears the average of all channels, a
 * plugin with one output is heard in all. More channels than that are refused.
 */
#ifndef AMPBOARD_LV2_PLAYER_H
#define AMPBOARD_LV2_PLAYER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../kernel.h"
#include "program.h"
#include "ring.h"
#include "voices.h"

struct player {
    struct program *program;
    double sample_rate;
    int32_t channels;
    int32_t side_inputs; /* rows that arrive */
    int32_t latency;
    int32_t longest_block;

    /* Inside hosting_enter(). */
    struct player *next;            /* of all */
    struct player *next_of_program;
    float **controls;               /* a port: where a control input reads */

    /* Between the audio thread and the others. */
    _Atomic(struct voices *) playing; /* replaced by the audio thread alone */
    _Atomic(struct voices *) ready;   /* takes over at the next reset, or at once when urgent */
    atomic_bool ready_is_urgent;
    _Atomic(struct voices *) retired; /* pushed by the audio thread, emptied inside hosting_enter() */
    struct ring messages;             /* patch messages, to run() */
    struct ring news;                 /* what the plugin says of its properties, from run() */

    /* Audio thread. */
    bool is_silent; /* a live reset waits for its voices */
    int64_t position; /* frames since the reset */
    uint8_t *message; /* one patch message */
    uint8_t *events;  /* MIDI that waits for its block: atom events, by frame since the reset */
    uint32_t events_size;
    float *rows; /* of longest_block frames: mixing, what nothing hears, and the fixed block */
    float *mix;
    float *unheard;
    const float **block_inputs;
    float **block_outputs;
    int32_t filled; /* frames in the fixed block */
};

/* Off the audio thread. What a bridge attaches; `program` lives longer. */
void player_describe(struct program *program, struct kernel *kernel);

/* Inside hosting_enter(), by the host's own thread. */
void player_serve(struct player *player);

/* Inside hosting_enter(). Voices with the program's present state take over: between two blocks, or at the next reset. */
void player_offer(struct player *player, bool is_urgent);

#endif
