#include "atoms.h"

#include <string.h>

#include "vocabulary.h"

enum { SEQUENCE_HEADER = sizeof(uint32_t) + sizeof(uint32_t) }; /* unit and padding count as body */

void sequence_clear(struct lv2_atom_sequence *sequence) {
    sequence->atom = (struct lv2_atom){SEQUENCE_HEADER, vocabulary.atom_sequence};
    sequence->unit = sequence->padding = 0;
}

void sequence_open(struct lv2_atom_sequence *sequence, uint32_t capacity) {
    sequence->atom = (struct lv2_atom){capacity - (uint32_t)sizeof sequence->atom, vocabulary.atom_chunk};
    sequence->unit = sequence->padding = 0;
}

bool sequence_add(struct lv2_atom_sequence *sequence, uint32_t capacity, int64_t frame, const struct lv2_atom *atom,
                  const void *body) {
    uint32_t used = (uint32_t)sizeof sequence->atom + sequence->atom.size;
    uint32_t size = (uint32_t)sizeof(struct lv2_atom_event) + atom_padded(atom->size);
    if (size > capacity - used) return false;
    struct lv2_atom_event *event = (struct lv2_atom_event *)((uint8_t *)sequence + used);
    event->frame = frame;
    event->body = *atom;
    memcpy(event + 1, body, atom->size);
    sequence->atom.size += size;
    return true;
}

void sequence_visit(const struct lv2_atom_sequence *sequence, uint32_t capacity, sequence_visitor found, void *context) {
    if (sequence->atom.type != vocabulary.atom_sequence || sequence->atom.size <= SEQUENCE_HEADER) return;
    uint32_t end = (uint32_t)sizeof sequence->atom + sequence->atom.size;
    if (end > capacity || end < sequence->atom.size) return;
    for (uint32_t at = sizeof *sequence; at + sizeof(struct lv2_atom_event) <= end;) {
        const struct lv2_atom_event *event = (const struct lv2_atom_event *)((const uint8_t *)sequence + at);
        at += (uint32_t)sizeof *event;
        if (event->body.size > end - at) return;
        found(context, event);
        at += atom_padded(event->body.size);
    }
}

void object_visit(const struct lv2_atom *object, object_visitor found, void *context) {
    if (object->type != vocabulary.atom_object) return;
    uint32_t end = (uint32_t)sizeof *object + object->size;
    for (uint32_t at = sizeof(struct lv2_atom_object); at + sizeof(struct lv2_atom_property) <= end;) {
        const struct lv2_atom_property *property =
            (const struct lv2_atom_property *)((const uint8_t *)object + at);
        at += (uint32_t)sizeof *property;
        if (property->value.size > end - at) return;
        found(context, property->key, &property->value);
        at += atom_padded(property->value.size);
    }
}

struct wanted {
    uint32_t key;
    const struct lv2_atom *value;
};

static void keep_wanted(void *context, uint32_t key, const struct lv2_atom *value) {
    struct wanted *wanted = context;
    if (key == wanted->key) wanted->value = value;
}

const struct lv2_atom *object_value(const struct lv2_atom *object, uint32_t key) {
    struct wanted wanted = {key, NULL};
    object_visit(object, keep_wanted, &wanted);
    return wanted.value;
}

static uint8_t *add_property(uint8_t *at, uint32_t key, uint32_t type, uint32_t size, const void *value) {
    struct lv2_atom_property *property = (struct lv2_atom_property *)at;
    *property = (struct lv2_atom_property){key, 0, {size, type}};
    memcpy(property + 1, value, size);
    memset((uint8_t *)(property + 1) + size, 0, atom_padded(size) - size);
    return (uint8_t *)(property + 1) + atom_padded(size);
}

static uint32_t finish(struct lv2_atom_object *object, uint32_t kind, const uint8_t *end) {
    uint32_t size = (uint32_t)(end - (const uint8_t *)object);
    object->atom = (struct lv2_atom){size - (uint32_t)sizeof object->atom, vocabulary.atom_object};
    object->id = 0;
    object->kind = kind;
    return size;
}

uint32_t patch_set_write(void *message, uint32_t capacity, uint32_t property, uint32_t type, uint32_t size,
                         const void *value) {
    uint32_t fixed = sizeof(struct lv2_atom_object) + 2 * sizeof(struct lv2_atom_property) + 8;
    if (capacity < fixed || size > capacity - fixed - 7) return 0;
    uint8_t *at = (uint8_t *)message + sizeof(struct lv2_atom_object);
    at = add_property(at, vocabulary.patch_property, vocabulary.atom_urid, sizeof property, &property);
    at = add_property(at, vocabulary.patch_value, type, size, value);
    return finish(message, vocabulary.patch_set, at);
}

uint32_t patch_get_write(void *message, uint32_t capacity, uint32_t property) {
    if (capacity < sizeof(struct lv2_atom_object) + sizeof(struct lv2_atom_property) + 8) return 0;
    uint8_t *at = (uint8_t *)message + sizeof(struct lv2_atom_object);
    if (property) at = add_property(at, vocabulary.patch_property, vocabulary.atom_urid, sizeof property, &property);
    return finish(message, vocabulary.patch_get, at);
}
