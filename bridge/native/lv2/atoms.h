/* Atom messages: sequences for input ports, patch messages, and what plugins send back. Any thread. */
#ifndef AMPBOARD_LV2_ATOMS_H
#define AMPBOARD_LV2_ATOMS_H

#include <stdbool.h>
#include <stdint.h>

#include "lv2_abi.h"

static inline uint32_t atom_padded(uint32_t size) { return (size + 7u) & ~7u; }

/* The buffer of an atom port: empty for reading by the plugin; open for `capacity` bytes of writing by it. */
void sequence_clear(struct lv2_atom_sequence *sequence);
void sequence_open(struct lv2_atom_sequence *sequence, uint32_t capacity);

/* False: the event does not fit, and was left out. Events are added in order of time. */
bool sequence_add(struct lv2_atom_sequence *sequence, uint32_t capacity, int64_t frame, const struct lv2_atom *atom,
                  const void *body);

/* Calls `found` for every well-formed event. */
typedef void (*sequence_visitor)(void *context, const struct lv2_atom_event *event);
void sequence_visit(const struct lv2_atom_sequence *sequence, uint32_t capacity, sequence_visitor found, void *context);

/* The value of `key` in an object, or NULL. */
const struct lv2_atom *object_value(const struct lv2_atom *object, uint32_t key);

/* Calls `found` for every property of an object. */
typedef void (*object_visitor)(void *context, uint32_t key, const struct lv2_atom *value);
void object_visit(const struct lv2_atom *object, object_visitor found, void *context);

/* A patch:Set message; returns its bytes (0: it does not fit). `value` has `size` bytes of type `type`. */
uint32_t patch_set_write(void *message, uint32_t capacity, uint32_t property, uint32_t type, uint32_t size,
                         const void *value);

/* A patch:Get message for one property, or for all (0). */
uint32_t patch_get_write(void *message, uint32_t capacity, uint32_t property);

#endif
