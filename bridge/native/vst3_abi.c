/* Ids of the VST3 interfaces. Any thread. */
#include "vst3_abi.h"

#include <stddef.h>

static char byte_of(uint32_t word, int index) {
    return (char)(unsigned char)(word >> (8 * index));
}

void vst3_write_id(vst3_id id, uint32_t first, uint32_t second, uint32_t third, uint32_t fourth) {
    const uint32_t words[4] = {first, second, third, fourth};
#if defined(_WIN32)
    static const signed char order[VST3_ID_SIZE] = {0, 1, 2, 3, 2, 3, 0, 1, 3, 2, 1, 0, 3, 2, 1, 0};
#else
    static const signed char order[VST3_ID_SIZE] = {3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1, 0};
#endif
    for (int i = 0; i < VST3_ID_SIZE; i++) id[i] = byte_of(words[i / 4], order[i]);
}

static const struct {
    enum vst3_interface interface;
    uint32_t words[4];
} known_interfaces[] = {
    {VST3_BASE, {0x00000000, 0x00000000, 0xC0000000, 0x00000046}},
    {VST3_PLUGIN_BASE, {0x22888DDB, 0x156E45AE, 0x8358B348, 0x08190625}},
    {VST3_FACTORY, {0x7A4D811C, 0x52114A1F, 0xAED9D2EE, 0x0B43BF9F}},
    {VST3_FACTORY_2, {0x0007B650, 0xF24B4C0B, 0xA464EDB9, 0xF00B2ABB}},
    {VST3_COMPONENT, {0xE831FF31, 0xF2D54301, 0x928EBBEE, 0x25697802}},
    {VST3_AUDIO_PROCESSOR, {0x42043F99, 0xB7DA453C, 0xA569E79D, 0x9AAEC33D}},
    {VST3_EDIT_CONTROLLER, {0xDCD7BBE3, 0x7742448D, 0xA874AACC, 0x979C759E}},
    {VST3_PROCESS_CONTEXT_REQUIREMENTS, {0x2A654303, 0xEF764E3D, 0x95B5FE83, 0x730EF6D0}},
};

enum vst3_interface vst3_interface_of(const char *id) {
    for (size_t i = 0; i < sizeof known_interfaces / sizeof known_interfaces[0]; i++) {
        const uint32_t *words = known_interfaces[i].words;
        vst3_id known;
        vst3_write_id(known, words[0], words[1], words[2], words[3]);
        if (vst3_same_id(known, id)) return known_interfaces[i].interface;
    }
    return VST3_UNKNOWN_INTERFACE;
}
