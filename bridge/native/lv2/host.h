/* What Python calls to host LV2 plugins. Never the audio thread. */
#ifndef AMPBOARD_LV2_HOST_H
#define AMPBOARD_LV2_HOST_H

#include <stdint.h>

#include "../exported.h"
#include "../kernel.h"
#include "program.h"
#include "properties.h"

EXPORTED uint32_t ampboard_lv2_map(const char *uri);
EXPORTED const char *ampboard_lv2_unmap(uint32_t urid);

/* 1: a plugin that requires the feature (or option) can be hosted in blocks of `block_size` (0: of any size). */
EXPORTED int32_t ampboard_lv2_offers_feature(const char *uri, int32_t block_size);
EXPORTED int32_t ampboard_lv2_offers_option(const char *uri);

/* Sizes of struct port, plugin_facts, property, as this module was compiled. */
EXPORTED void ampboard_lv2_structure_sizes(uint64_t sizes[3]);

/* NULL: `error` says why. To be closed when no kernel of it is live any more. */
EXPORTED struct program *ampboard_lv2_open(const struct plugin_facts *facts, char *error, uint32_t capacity);
EXPORTED void ampboard_lv2_close(struct program *program);
EXPORTED void ampboard_lv2_kernel(struct program *program, struct kernel *kernel);

/* What the plugin says of its state, or what it was last given when it keeps none: valid until the next call for the
 * program. `values` gives the pointer to the list; returns their number, < 0: the plugin could not be asked. */
EXPORTED int32_t ampboard_lv2_save(struct program *program, const struct property **values);

/* The keys of the properties that the plugin looks for in a state; as ampboard_lv2_save, without values.
 * < 0: it keeps no state. */
EXPORTED int32_t ampboard_lv2_keys(struct program *program, const struct property **keys);

/* New instances start from this state. What plays takes it over between two blocks. 0, or < 0: memory is short. */
EXPORTED int32_t ampboard_lv2_restore(struct program *program, const struct property *values, int32_t count);

/* Sends patch:Set, and keeps it for new instances. 0, or < 0: the message is too long, or memory is short. */
EXPORTED int32_t ampboard_lv2_patch(struct program *program, const struct property *value);
/* Asks for one property, or for all (0): the answers come as news. */
EXPORTED int32_t ampboard_lv2_ask(struct program *program, uint32_t property);

/* What the plugin said of its properties, oldest first: key, atom header, body. Bytes; 0: nothing new. */
EXPORTED uint32_t ampboard_lv2_news(struct program *program, void *message, uint32_t capacity);

/* The value of a control output of what plays; 0: nothing plays. */
EXPORTED int32_t ampboard_lv2_output(struct program *program, int32_t port, float *value);

/* What the plugin logged since, ended by a zero byte. */
EXPORTED uint32_t ampboard_lv2_log(struct program *program, char *text, uint32_t capacity);

#endif
