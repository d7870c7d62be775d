/* The URIs that the host itself speaks, as numbers. */
#ifndef AMPBOARD_LV2_VOCABULARY_H
#define AMPBOARD_LV2_VOCABULARY_H

#include <stdint.h>

#define LV2_ATOM "http://lv2plug.in/ns/ext/atom#"
#define LV2_BLOCKS "http://lv2plug.in/ns/ext/buf-size#"
#define LV2_OPTIONS "http://lv2plug.in/ns/ext/options#"
#define LV2_PATCH "http://lv2plug.in/ns/ext/patch#"
#define LV2_STATE "http://lv2plug.in/ns/ext/state#"
#define LV2_URID "http://lv2plug.in/ns/ext/urid#"
#define LV2_WORKER "http://lv2plug.in/ns/ext/worker#"

struct vocabulary {
    uint32_t atom_chunk;
    uint32_t atom_float;
    uint32_t atom_int;
    uint32_t atom_object;
    uint32_t atom_path;
    uint32_t atom_sequence;
    uint32_t atom_urid;
    uint32_t midi_event;
    uint32_t patch_body;
    uint32_t patch_get;
    uint32_t patch_property;
    uint32_t patch_put;
    uint32_t patch_set;
    uint32_t patch_value;
    uint32_t state_changed;
};

/* Off the audio thread, before the first plugin is opened. */
void vocabulary_learn(void);

/* Any thread. */
extern struct vocabulary vocabulary;

#endif
