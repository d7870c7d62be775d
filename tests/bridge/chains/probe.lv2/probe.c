/* An LV2 effect whose output tells what reached it: out = gain * in + side-chain, plus an impulse for each MIDI message.
 *
 * A note on adds velocity / 127 at its frame, a pitch bend its value / 8192, everything else nothing. It keeps a number
 * as its state, which is added to every frame.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NAMESPACE "urn:ampboard:test:"
#define MIDI_EVENT "http://lv2plug.in/ns/ext/midi#MidiEvent"
#define FLOAT_TYPE "http://lv2plug.in/ns/ext/atom#Float"

struct feature {
    const char *uri;
    void *data;
};

struct map {
    void *handle;
    uint32_t (*map)(void *handle, const char *uri);
};

struct descriptor {
    const char *uri;
    void *(*instantiate)(const struct descriptor *, double, const char *, const struct feature *const *);
    void (*connect_port)(void *, uint32_t, void *);
    void (*activate)(void *);
    void (*run)(void *, uint32_t);
    void (*deactivate)(void *);
    void (*cleanup)(void *);
    const void *(*extension_data)(const char *);
};

struct atom {
    uint32_t size;
    uint32_t type;
};

struct event {
    int64_t frame;
    struct atom body;
};

struct sequence {
    struct atom atom;
    uint32_t unit;
    uint32_t pad;
};

enum port { IN, SIDE, OUT, GAIN, ENABLED, MIDI, PORTS };

struct probe {
    void *ports[PORTS];
    uint32_t midi_event, float_type, offset_key;
    float offset;
};

static void *instantiate(const struct descriptor *descriptor, double rate, const char *bundle,
                         const struct feature *const *features) {
    (void)descriptor, (void)rate, (void)bundle;
    struct probe *probe = calloc(1, sizeof *probe);
    for (; probe && *features; features++) {
        if (strcmp((*features)->uri, "http://lv2plug.in/ns/ext/urid#map") != 0) continue;
        const struct map *map = (*features)->data;
        probe->midi_event = map->map(map->handle, MIDI_EVENT);
        probe->float_type = map->map(map->handle, FLOAT_TYPE);
        probe->offset_key = map->map(map->handle, NAMESPACE "offset");
    }
    return probe;
}

static void connect_port(void *handle, uint32_t port, void *data) { ((struct probe *)handle)->ports[port] = data; }

static float impulse(const uint8_t *message) {
    switch (message[0] & 0xF0) {
    case 0x90: return (float)message[2] / 127.0f;
    case 0xE0: return (float)((message[2] << 7 | message[1]) - 8192) / 8192.0f;
    default: return 0.0f;
    }
}

static void run(void *handle, uint32_t frames) {
    struct probe *probe = handle;
    const float *in = probe->ports[IN], *side = probe->ports[SIDE];
    float *out = probe->ports[OUT];
    float gain = *(const float *)probe->ports[GAIN], enabled = *(const float *)probe->ports[ENABLED];
    for (uint32_t i = 0; i < frames; i++) {
        out[i] = enabled > 0.0f ? gain * in[i] + (side ? side[i] : 0.0f) + probe->offset : in[i];
    }
    const struct sequence *sequence = probe->ports[MIDI];
    if (!sequence) return;
    const uint8_t *at = (const uint8_t *)(sequence + 1), *end = (const uint8_t *)&sequence->unit + sequence->atom.size;
    while (at + sizeof(struct event) <= end) {
        const struct event *event = (const struct event *)(const void *)at;
        if (event->body.type == probe->midi_event && event->frame < frames) {
            out[event->frame] += impulse(at + sizeof *event);
        }
        at += sizeof *event + ((event->body.size + 7u) & ~7u);
    }
}

static void cleanup(void *handle) { free(handle); }

typedef uint32_t (*store)(void *, uint32_t, const void *, size_t, uint32_t, uint32_t);
typedef const void *(*retrieve)(void *, uint32_t, size_t *, uint32_t *, uint32_t *);

static uint32_t save(void *handle, store put, void *state, uint32_t flags, const struct feature *const *features) {
    (void)flags, (void)features;
    struct probe *probe = handle;
    return put(state, probe->offset_key, &probe->offset, sizeof probe->offset, probe->float_type, 3);
}

static uint32_t restore(void *handle, retrieve get, void *state, uint32_t flags, const struct feature *const *features) {
    (void)flags, (void)features;
    struct probe *probe = handle;
    size_t size = 0;
    uint32_t type = 0, value_flags = 0;
    const void *value = get(state, probe->offset_key, &size, &type, &value_flags);
    if (value && size == sizeof probe->offset && type == probe->float_type) memcpy(&probe->offset, value, size);
    return 0;
}

static const struct {
    uint32_t (*save)(void *, store, void *, uint32_t, const struct feature *const *);
    uint32_t (*restore)(void *, retrieve, void *, uint32_t, const struct feature *const *);
} state_interface = {save, restore};

static const void *extension_data(const char *uri) {
    return strcmp(uri, "http://lv2plug.in/ns/ext/state#interface") ? NULL : &state_interface;
}

static const struct descriptor probe = {NAMESPACE "probe", instantiate, connect_port, NULL, run, NULL, cleanup,
                                        extension_data};

__attribute__((visibility("default"))) const struct descriptor *lv2_descriptor(uint32_t index) {
    return index ? NULL : &probe;
}
