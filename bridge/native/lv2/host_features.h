/* What the host offers a plugin. Off the audio thread. */
#ifndef AMPBOARD_LV2_HOST_FEATURES_H
#define AMPBOARD_LV2_HOST_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

#include "lv2_abi.h"
#include "program.h"

enum { MOST_FEATURES = 16 };

/* The numbers that the options point to; alive as long as the instance. */
struct options {
    int32_t shortest_block;
    int32_t longest_block;
    int32_t nominal_block;
    int32_t sequence_size;
    float sample_rate;
    struct lv2_option list[6];
};

/* Their storage, alive as long as the instance, for plugins that keep the pointers. */
struct features {
    struct lv2_feature items[MOST_FEATURES];
    const struct lv2_feature *list[MOST_FEATURES + 1];
};

void features_prepare(struct program *program);
void options_fill(struct options *options, const struct program *program, double sample_rate);

/* For instantiate(). */
void features_fill(struct features *features, struct program *program, struct options *options,
                   struct lv2_worker_schedule *schedule);

/* For save() and restore(). */
void features_fill_state(struct features *features, struct program *program, struct lv2_worker_schedule *schedule);

/* Whether a plugin that requires the feature or the option can be hosted; `block_size` as in plugin_facts. */
bool features_include(const char *uri, int32_t block_size);
bool options_include(const char *uri);

#endif
