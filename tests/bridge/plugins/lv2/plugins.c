/* LV2 plugins of a few lines each, whose sound shows what a host did to them. Ports: see conftest.py. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lv2_abi.h"

#define TEST "urn:ampboard-test:"
#define ATOM "http://lv2plug.in/ns/ext/atom#"
#define PATCH "http://lv2plug.in/ns/ext/patch#"

enum { PORTS = 512, LONGEST = 65536 };

struct plugin {
    double sample_rate;
    void *ports[PORTS];
    double sum;
    uint32_t runs;
    uint32_t responses;
    float factor;
    char file[1024];
    int tell;
    int is_deaf; /* to messages: files come with the state alone */
    float line[LONGEST];
    uint32_t at;
    const struct lv2_urid_map *map;
    const struct lv2_urid_unmap *unmap;
    const struct lv2_worker_schedule *schedule;
    const struct lv2_log *log;
    int32_t longest_block;
};

static void *instantiate(const struct lv2_plugin *plugin, double sample_rate, const char *bundle,
                         const struct lv2_feature *const *features) {
    struct plugin *self = calloc(1, sizeof *self);
    (void)bundle;
    self->sample_rate = sample_rate;
    self->factor = 1.0f;
    const struct lv2_option *options = NULL;
    for (; *features; features++) {
        const char *uri = (*features)->uri;
        if (!strcmp(uri, "http://lv2plug.in/ns/ext/urid#map")) self->map = (*features)->data;
        if (!strcmp(uri, "http://lv2plug.in/ns/ext/urid#unmap")) self->unmap = (*features)->data;
        if (!strcmp(uri, "http://lv2plug.in/ns/ext/worker#schedule")) self->schedule = (*features)->data;
        if (!strcmp(uri, "http://lv2plug.in/ns/ext/log#log")) self->log = (*features)->data;
        if (!strcmp(uri, "http://lv2plug.in/ns/ext/options#options")) options = (*features)->data;
    }
    uint32_t longest = self->map->map(self->map->handle, "http://lv2plug.in/ns/ext/buf-size#maxBlockLength");
    for (; options && options->key; options++) {
        if (options->key == longest) self->longest_block = *(const int32_t *)options->value;
    }
    if (self->log) self->log->print(self->log->handle, 0, "made %s\n", plugin->uri);
    self->is_deaf = strstr(plugin->uri, "deaf") != NULL;
    if (strstr(plugin->uri, "refusing")) {
        free(self);
        return NULL;
    }
    return self;
}

static void connect_port(void *handle, uint32_t port, void *data) {
    ((struct plugin *)handle)->ports[port] = data;
}

static void cleanup(void *handle) {
    free(handle);
}

static uint32_t urid(struct plugin *self, const char *uri) {
    return self->map->map(self->map->handle, uri);
}

/* Messages. */

static const struct lv2_atom_event *next_event(const struct lv2_atom_sequence *sequence, uint32_t *at) {
    uint32_t end = (uint32_t)sizeof sequence->atom + sequence->atom.size;
    if (*at == 0) *at = sizeof *sequence;
    if (*at + sizeof(struct lv2_atom_event) > end) return NULL;
    const struct lv2_atom_event *event = (const struct lv2_atom_event *)((const char *)sequence + *at);
    *at += (uint32_t)sizeof *event + ((event->body.size + 7u) & ~7u);
    return event;
}

static void read_file(struct plugin *self, const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) return;
    if (fscanf(file, "%f", &self->factor) == 1) snprintf(self->file, sizeof self->file, "%s", path);
    fclose(file);
}

/* Layout of a patch:Set for this plugin's one property, as hosts write it. */
struct set_message {
    struct lv2_atom_object object;
    struct lv2_atom_property property;
    uint32_t property_value, padding;
    struct lv2_atom_property value;
    char path[1024];
};

static void hear_messages(struct plugin *self, const struct lv2_atom_sequence *input) {
    uint32_t at = 0;
    const struct lv2_atom_event *event;
    while ((event = next_event(input, &at))) {
        const struct set_message *message = (const struct set_message *)&event->body;
        if (event->body.type != urid(self, ATOM "Object")) continue;
        if (message->object.kind == urid(self, PATCH "Get")) self->tell = 1;
        if (message->object.kind != urid(self, PATCH "Set")) continue;
        if (message->property_value != urid(self, TEST "file")) continue;
        self->schedule->schedule_work(self->schedule->handle, message->value.value.size, message->path);
    }
}

static void tell(struct plugin *self, struct lv2_atom_sequence *output) {
    uint32_t size = (uint32_t)strlen(self->file) + 1;
    struct {
        struct lv2_atom_event event;
        char rest[sizeof(struct set_message)];
    } *place = (void *)(output + 1);
    struct set_message *message = (struct set_message *)&place->event.body;
    uint32_t body = (uint32_t)(sizeof *message - sizeof message->path + ((size + 7u) & ~7u));
    if (output->atom.size < body + sizeof *output) return;
    place->event.frame = 0;
    message->object = (struct lv2_atom_object){
        {body - (uint32_t)sizeof(struct lv2_atom), urid(self, ATOM "Object")}, 0, urid(self, PATCH "Set")};
    message->property =
        (struct lv2_atom_property){urid(self, PATCH "property"), 0, {sizeof(uint32_t), urid(self, ATOM "URID")}};
    message->property_value = urid(self, TEST "file");
    message->value = (struct lv2_atom_property){urid(self, PATCH "value"), 0, {size, urid(self, ATOM "Path")}};
    memcpy(message->path, self->file, size);
    output->atom.size = 8 + (uint32_t)sizeof(int64_t) + body;
    self->tell = 0;
}

static void clear_output(struct plugin *self, struct lv2_atom_sequence *output) {
    output->unit = output->padding = 0;
    if (self->tell && self->file[0]) {
        uint32_t room = output->atom.size;
        output->atom.size = room;
        output->atom.type = urid(self, ATOM "Sequence");
        tell(self, output);
    } else {
        output->atom = (struct lv2_atom){8, urid(self, ATOM "Sequence")};
    }
}

/* The plugins: ports in the order of conftest.py. */

/* in, out, gain, messages, news, runs */
static void run_gain(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    const float *in = self->ports[0];
    float *out = self->ports[1];
    const float gain = *(const float *)self->ports[2];
    if (!self->is_deaf) hear_messages(self, self->ports[3]);
    for (uint32_t i = 0; i < frames; i++) out[i] = in[i] * gain * self->factor;
    clear_output(self, self->ports[4]);
    *(float *)self->ports[5] = (float)++self->runs;
}

static enum lv2_worker_status work(void *handle, lv2_worker_respond respond, void *to, uint32_t size, const void *data) {
    (void)handle;
    return respond(to, size, data);
}

static enum lv2_worker_status gain_response(void *handle, uint32_t size, const void *data) {
    struct plugin *self = handle;
    (void)size;
    read_file(self, data);
    self->tell = 1;
    return LV2_WORKER_SUCCESS;
}

static enum lv2_state_status save(void *handle, lv2_state_store store, void *to, uint32_t flags,
                                  const struct lv2_feature *const *features) {
    struct plugin *self = handle;
    (void)flags;
    if (!self->file[0]) return LV2_STATE_SUCCESS;
    for (; *features; features++) {
        if (strcmp((*features)->uri, "http://lv2plug.in/ns/ext/state#mapPath")) continue;
        const struct lv2_state_map_path *map = (*features)->data;
        char *path = map->abstract_path(map->handle, self->file);
        store(to, urid(self, TEST "file"), path, strlen(path) + 1, urid(self, ATOM "Path"), LV2_STATE_IS_POD);
        free(path);
    }
    return LV2_STATE_SUCCESS;
}

static enum lv2_state_status restore(void *handle, lv2_state_retrieve retrieve, void *from, uint32_t flags,
                                     const struct lv2_feature *const *features) {
    struct plugin *self = handle;
    size_t size = 0;
    uint32_t type = 0, value_flags = 0;
    (void)flags, (void)features;
    const char *path = retrieve(from, urid(self, TEST "file"), &size, &type, &value_flags);
    self->factor = 1.0f;
    self->file[0] = 0;
    if (path && type == urid(self, ATOM "Path")) read_file(self, path);
    return LV2_STATE_SUCCESS;
}

/* in, out, midi: a note sounds as a click of its number */
static void run_midi(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    float *out = self->ports[1];
    memset(out, 0, frames * sizeof *out);
    uint32_t at = 0;
    const struct lv2_atom_event *event;
    while ((event = next_event(self->ports[2], &at))) {
        const uint8_t *bytes = (const uint8_t *)(event + 1);
        if (event->body.type != urid(self, "http://lv2plug.in/ns/ext/midi#MidiEvent")) continue;
        if (event->frame >= 0 && event->frame < frames && event->body.size == 3) out[event->frame] += bytes[1];
    }
}

/* in, out: how many answers the worker gave before this run */
static void run_echo(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    float *out = self->ports[1];
    for (uint32_t i = 0; i < frames; i++) out[i] = (float)self->responses;
    self->schedule->schedule_work(self->schedule->handle, 0, NULL);
}

static enum lv2_worker_status echo_response(void *handle, uint32_t size, const void *data) {
    struct plugin *self = handle;
    (void)size, (void)data;
    self->responses++;
    return LV2_WORKER_SUCCESS;
}

/* in, out, delay, latency */
static void run_latency(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    const float *in = self->ports[0];
    float *out = self->ports[1];
    uint32_t delay = (uint32_t) * (const float *)self->ports[2];
    for (uint32_t i = 0; i < frames; i++, self->at++) {
        self->line[self->at % LONGEST] = in[i];
        out[i] = self->line[(self->at - delay) % LONGEST];
    }
    *(float *)self->ports[3] = (float)delay;
}

/* in, out: the frames of each run */
static void run_blocks(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    float *out = self->ports[1];
    for (uint32_t i = 0; i < frames; i++) out[i] = (float)frames;
}

/* in, out, side */
static void run_side(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    const float *in = self->ports[0], *side = self->ports[2];
    float *out = self->ports[1];
    for (uint32_t i = 0; i < frames; i++) out[i] = in[i] + 2.0f * side[i];
}

/* in, out, 400 controls: the sum of control k times k */
static void run_wide(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    float *out = self->ports[1], sum = 0.0f;
    for (int k = 0; k < 400; k++) sum += (float)k * *(const float *)self->ports[2 + k];
    for (uint32_t i = 0; i < frames; i++) out[i] = sum;
}

/* in, out: the sum of all input so far, of this instance's whole life */
static void run_sum(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    const float *in = self->ports[0];
    float *out = self->ports[1];
    for (uint32_t i = 0; i < frames; i++) {
        self->sum += in[i];
        out[i] = in[i] > 1.0f ? NAN : (float)self->sum;
        if (in[i] > 1.0f) self->sum = NAN;
    }
}

/* left in, right in, left out, right out: changed over */
static void run_stereo(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    memcpy(self->ports[2], self->ports[1], frames * sizeof(float));
    memcpy(self->ports[3], self->ports[0], frames * sizeof(float));
    for (uint32_t i = 0; i < frames; i++) ((float *)self->ports[3])[i] *= 0.5f;
}

/* in, left out, right out */
static void run_widen(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    const float *in = self->ports[0];
    for (uint32_t i = 0; i < frames; i++) {
        ((float *)self->ports[1])[i] = in[i];
        ((float *)self->ports[2])[i] = -0.5f * in[i];
    }
}

/* left in, right in, out */
static void run_narrow(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    for (uint32_t i = 0; i < frames; i++) {
        ((float *)self->ports[2])[i] = ((const float *)self->ports[0])[i] - ((const float *)self->ports[1])[i];
    }
}

/* in, out, frequency (in multiples of the rate), cv in, cv out, unknown, enabled */
static void run_odd(void *handle, uint32_t frames) {
    struct plugin *self = handle;
    float *out = self->ports[1];
    for (uint32_t i = 0; i < frames; i++) {
        ((float *)self->ports[4])[i] = 1.0f;
        out[i] = *(const float *)self->ports[2] + ((const float *)self->ports[3])[i] +
                 (self->ports[5] ? 1e6f : 0.0f) + (*(const float *)self->ports[6] == 1.0f ? 0.0f : 1e5f);
    }
}

static const struct lv2_worker gain_worker = {work, gain_response, NULL};
static const struct lv2_worker echo_worker = {work, echo_response, NULL};
static const struct lv2_state state = {save, restore};

static const void *gain_data(const char *uri) {
    if (!strcmp(uri, "http://lv2plug.in/ns/ext/worker#interface")) return &gain_worker;
    return strcmp(uri, "http://lv2plug.in/ns/ext/state#interface") ? NULL : &state;
}

static const void *echo_data(const char *uri) {
    return strcmp(uri, "http://lv2plug.in/ns/ext/worker#interface") ? NULL : &echo_worker;
}

#define PLUGIN(name, run, data) {TEST name, instantiate, connect_port, NULL, run, NULL, cleanup, data}

static const struct lv2_plugin plugins[] = {
    PLUGIN("gain", run_gain, gain_data),     PLUGIN("safe-gain", run_gain, gain_data),
    PLUGIN("midi", run_midi, NULL),          PLUGIN("echo", run_echo, echo_data),
    PLUGIN("latency", run_latency, NULL),    PLUGIN("blocks", run_blocks, NULL),
    PLUGIN("fixed", run_blocks, NULL),       PLUGIN("side", run_side, NULL),
    PLUGIN("wide", run_wide, NULL),          PLUGIN("sum", run_sum, NULL),
    PLUGIN("stereo", run_stereo, NULL),      PLUGIN("widen", run_widen, NULL),
    PLUGIN("narrow", run_narrow, NULL),      PLUGIN("odd", run_odd, NULL),
    PLUGIN("deaf", run_gain, gain_data),     PLUGIN("misspelt", run_gain, gain_data),
    PLUGIN("coarse", run_blocks, NULL),
    PLUGIN("demanding", run_blocks, NULL),   PLUGIN("refusing", run_blocks, NULL),
};

__attribute__((visibility("default"))) const struct lv2_plugin *lv2_descriptor(uint32_t index) {
    return index < sizeof plugins / sizeof *plugins ? &plugins[index] : NULL;
}
