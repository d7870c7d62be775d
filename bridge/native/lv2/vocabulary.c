#include "vocabulary.h"

#include "urid.h"

struct vocabulary vocabulary;

void vocabulary_learn(void) {
    const struct {
        uint32_t *word;
        const char *uri;
    } words[] = {
        {&vocabulary.atom_chunk, LV2_ATOM "Chunk"},
        {&vocabulary.atom_float, LV2_ATOM "Float"},
        {&vocabulary.atom_int, LV2_ATOM "Int"},
        {&vocabulary.atom_object, LV2_ATOM "Object"},
        {&vocabulary.atom_path, LV2_ATOM "Path"},
        {&vocabulary.atom_sequence, LV2_ATOM "Sequence"},
        {&vocabulary.atom_urid, LV2_ATOM "URID"},
        {&vocabulary.midi_event, "http://lv2plug.in/ns/ext/midi#MidiEvent"},
        {&vocabulary.patch_body, LV2_PATCH "body"},
        {&vocabulary.patch_get, LV2_PATCH "Get"},
        {&vocabulary.patch_property, LV2_PATCH "property"},
        {&vocabulary.patch_put, LV2_PATCH "Put"},
        {&vocabulary.patch_set, LV2_PATCH "Set"},
        {&vocabulary.patch_value, LV2_PATCH "value"},
        {&vocabulary.state_changed, LV2_STATE "StateChanged"},
    };
    if (vocabulary.atom_chunk) return;
    for (size_t i = sizeof words / sizeof *words; i-- > 0;) *words[i].word = urid_map(words[i].uri);
}
