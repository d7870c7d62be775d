/* A VST3 effect for tests: gain and a delay it reports as latency, state, and faults on demand.
 *
 * FAULT names what it does wrong and where: "crash" or "hang", "-load", "-state" or "-exit" ("crash-load").
 * "-loud" faults wait in process() for a sample beyond 1.5, "-play" ones for the first sample that is not 0.
 * The process whose id is FAULT_SPARES is spared. Compiled with MARK, a letter, two files hold different plugins; with TWO a file holds two of them; with HARMLESS
 * it does nothing wrong.
 */
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "vst3_abi.h"

#ifndef MARK
#define MARK 'A'
#endif
#ifdef TWO
enum { CLASSES = 2 };
#else
enum { CLASSES = 1 };
#endif
enum { GAIN, COLOUR, PARAMETERS };
enum { LATENCY = 37, CHANNELS = 2 };

struct plugin;
struct face {
    const void *methods;
    struct plugin *plugin;
};
struct plugin {
    struct face component, processor, controller;
    int references;
    uint64_t arrangement;
    double values[PARAMETERS];
    float delayed[CHANNELS][LATENCY];
    int position;
};

static struct plugin *plugin_of(void *face) { return ((struct face *)face)->plugin; }

static void maybe_fail(const char *where) {
#ifdef HARMLESS
    return;
#endif
    const char *fault = getenv("FAULT");
    const char *dash = fault ? strchr(fault, '-') : NULL;
    if (!dash || strcmp(dash + 1, where) != 0) return;
    const char *spared = getenv("FAULT_SPARES");
    if (spared && atoi(spared) == (int)getpid()) return;
    const char *pid_file = getenv("FAULT_PID");
    if (pid_file) { /* a process of its own, which holds every pipe open; written down before anything fails */
        pid_t child = fork();
        if (child == 0) {
            for (;;) pause();
        }
        FILE *file = fopen(pid_file, "w");
        fprintf(file, "%d\n", (int)child);
        fclose(file);
    }
    if (*fault == 'c') abort();
    for (;;) pause();
}

__attribute__((destructor)) static void unload(void) { maybe_fail("exit"); }

/* Base. */

extern const struct vst3_component_methods component_methods;
extern const struct vst3_processor_methods processor_methods;
extern const struct vst3_controller_methods controller_methods;

static vst3_result query_interface(void *self, const char *id, void **object) {
    struct plugin *plugin = plugin_of(self);
    switch (vst3_interface_of(id)) {
    case VST3_BASE:
    case VST3_PLUGIN_BASE:
    case VST3_COMPONENT: *object = &plugin->component; break;
    case VST3_AUDIO_PROCESSOR: *object = &plugin->processor; break;
    case VST3_EDIT_CONTROLLER: *object = &plugin->controller; break;
    default: *object = NULL; return VST3_NO_INTERFACE;
    }
    plugin->references++;
    return VST3_OK;
}
static uint32_t add_reference(void *self) { return (uint32_t)++plugin_of(self)->references; }
static uint32_t release(void *self) {
    struct plugin *plugin = plugin_of(self);
    int left = --plugin->references;
    if (left == 0) free(plugin);
    return (uint32_t)left;
}
static vst3_result accept(void *self, void *host) {
    (void)self, (void)host;
    return VST3_OK;
}
static vst3_result succeed(void *self) {
    (void)self;
    return VST3_OK;
}

/* State. */

static const char STATE_MARK[4] = {'F', 'L', 'T', MARK};

static vst3_result get_state(void *self, void *stream) {
    const struct vst3_stream_methods *methods = vst3_methods(stream);
    int32_t done;
    maybe_fail("state");
    methods->write(stream, (void *)(uintptr_t)STATE_MARK, sizeof STATE_MARK, &done);
    return methods->write(stream, plugin_of(self)->values, sizeof plugin_of(self)->values, &done);
}
static vst3_result set_state(void *self, void *stream) {
    const struct vst3_stream_methods *methods = vst3_methods(stream);
    char mark[4] = {0};
    double values[PARAMETERS];
    int32_t done;
    if (methods->read(stream, mark, sizeof mark, &done) != VST3_OK || memcmp(mark, STATE_MARK, 4) != 0) return VST3_FALSE;
    if (methods->read(stream, values, sizeof values, &done) != VST3_OK || done != sizeof values) return VST3_FALSE;
    memcpy(plugin_of(self)->values, values, sizeof values);
    return VST3_OK;
}

/* Component. */

static vst3_result get_controller_class_id(void *self, char *id) {
    (void)self, (void)id;
    return VST3_NOT_IMPLEMENTED;
}
static vst3_result set_io_mode(void *self, int32_t mode) {
    (void)self, (void)mode;
    return VST3_NOT_IMPLEMENTED;
}
static int32_t get_bus_count(void *self, int32_t media, int32_t direction) {
    (void)self, (void)direction;
    return media == VST3_AUDIO;
}
static void widen(vst3_char *to, const char *from) {
    do {
        *to++ = (vst3_char)*from;
    } while (*from++);
}
static vst3_result get_bus_info(void *self, int32_t media, int32_t direction, int32_t index, struct vst3_bus_info *info) {
    if (media != VST3_AUDIO || index != 0) return VST3_INVALID_ARGUMENT;
    memset(info, 0, sizeof *info);
    info->direction = direction;
    info->channels = plugin_of(self)->arrangement == 3 ? 2 : 1;
    widen(info->name, "Bus");
    info->flags = VST3_BUS_DEFAULT_ACTIVE;
    return VST3_OK;
}
static vst3_result get_routing_info(void *self, void *input, void *output) {
    (void)self, (void)input, (void)output;
    return VST3_NOT_IMPLEMENTED;
}
static vst3_result activate_bus(void *self, int32_t media, int32_t direction, int32_t index, uint8_t active) {
    (void)self, (void)media, (void)direction, (void)index, (void)active;
    return VST3_OK;
}
static vst3_result set_active(void *self, uint8_t active) {
    struct plugin *plugin = plugin_of(self);
    if (!active) memset(plugin->delayed, 0, sizeof plugin->delayed);
    return VST3_OK;
}

const struct vst3_component_methods component_methods = {
    {query_interface, add_reference, release},
    accept, succeed, get_controller_class_id, set_io_mode, get_bus_count, get_bus_info, get_routing_info, activate_bus,
    set_active, set_state, get_state,
};

/* Processor. */

static vst3_result set_bus_arrangements(void *self, uint64_t *inputs, int32_t input_count, uint64_t *outputs,
                                        int32_t output_count) {
    if (input_count != 1 || output_count != 1 || inputs[0] != outputs[0]) return VST3_FALSE;
    if (inputs[0] != 3 && inputs[0] != (1 << 19)) return VST3_FALSE; /* stereo and mono */
    plugin_of(self)->arrangement = inputs[0];
    return VST3_OK;
}
static vst3_result get_bus_arrangement(void *self, int32_t direction, int32_t index, uint64_t *arrangement) {
    (void)direction, (void)index;
    *arrangement = plugin_of(self)->arrangement;
    return VST3_OK;
}
static vst3_result can_process_sample_size(void *self, int32_t size) {
    (void)self;
    return size == VST3_SAMPLE_32 ? VST3_OK : VST3_FALSE;
}
static uint32_t get_latency(void *self) {
    (void)self;
    return LATENCY;
}
static vst3_result setup_processing(void *self, struct vst3_process_setup *setup) {
    (void)self, (void)setup;
    return VST3_OK;
}
static vst3_result set_processing(void *self, uint8_t processing) {
    (void)self, (void)processing;
    return VST3_OK;
}
static uint32_t get_tail(void *self) {
    (void)self;
    return 0;
}
static void take_changes(struct plugin *plugin, void *changes) {
    if (!changes) return;
    const struct vst3_parameter_changes_methods *list = vst3_methods(changes);
    for (int32_t i = 0; i < list->get_parameter_count(changes); i++) {
        void *queue = list->get_parameter_data(changes, i);
        const struct vst3_parameter_queue_methods *points = vst3_methods(queue);
        uint32_t id = points->get_parameter_id(queue);
        int32_t frame;
        double value;
        int32_t count = points->get_point_count(queue);
        if (id < PARAMETERS && count > 0 && points->get_point(queue, count - 1, &frame, &value) == VST3_OK) {
            plugin->values[id] = value;
        }
    }
}
static vst3_result process(void *self, struct vst3_process_data *data) {
    struct plugin *plugin = plugin_of(self);
    take_changes(plugin, data->input_parameter_changes);
    if (data->frames <= 0 || data->input_buses < 1) return VST3_OK;
    float gain = (float)(2.0 * plugin->values[GAIN]);
    for (int32_t i = 0; i < data->frames; i++) {
        for (int32_t c = 0; c < data->outputs[0].channels && c < CHANNELS; c++) {
            float sample = data->inputs[0].samples[c][i];
            if (fabsf(sample) > 1.5F) maybe_fail("loud");
            if (sample != 0.0F) maybe_fail("play");
            data->outputs[0].samples[c][i] = gain * plugin->delayed[c][plugin->position];
            plugin->delayed[c][plugin->position] = sample;
        }
        plugin->position = (plugin->position + 1) % LATENCY;
    }
    return VST3_OK;
}

const struct vst3_processor_methods processor_methods = {
    {query_interface, add_reference, release},
    set_bus_arrangements, get_bus_arrangement, can_process_sample_size, get_latency, setup_processing, set_processing,
    process, get_tail,
};

/* Controller: the gain from 0 to 2, and a choice of three colours that is only kept. */

static const char *const colours[] = {"Red", "Green", "Blue"};

static vst3_result no_state(void *self, void *stream) {
    (void)self, (void)stream;
    return VST3_NOT_IMPLEMENTED;
}
static int32_t get_parameter_count(void *self) {
    (void)self;
    return PARAMETERS;
}
static vst3_result get_parameter_info(void *self, int32_t index, struct vst3_parameter_info *info) {
    (void)self;
    memset(info, 0, sizeof *info);
    info->id = (uint32_t)index;
    widen(info->title, index == GAIN ? "Gain" : "Colour");
    info->steps = index == GAIN ? 0 : 2;
    info->default_normalised = index == GAIN ? 0.5 : 0.0;
    info->flags = VST3_PARAMETER_CAN_AUTOMATE;
    return VST3_OK;
}
static vst3_result get_text_of_value(void *self, uint32_t id, double normalised, vst3_char *text) {
    char narrow[32];
    (void)self;
    if (id == GAIN) snprintf(narrow, sizeof narrow, "%.2f", 2.0 * normalised);
    else snprintf(narrow, sizeof narrow, "%s", colours[(int)(normalised * 2.0 + 0.5)]);
    widen(text, narrow);
    return VST3_OK;
}
static vst3_result get_value_of_text(void *self, uint32_t id, vst3_char *text, double *normalised) {
    (void)self, (void)id, (void)text, (void)normalised;
    return VST3_NOT_IMPLEMENTED;
}
static double same(void *self, uint32_t id, double value) {
    (void)self, (void)id;
    return value;
}
static double get_normalised(void *self, uint32_t id) { return plugin_of(self)->values[id]; }
static vst3_result set_normalised(void *self, uint32_t id, double value) {
    plugin_of(self)->values[id] = value;
    return VST3_OK;
}
static void *create_view(void *self, const char *name) {
    (void)self, (void)name;
    return NULL;
}

const struct vst3_controller_methods controller_methods = {
    {query_interface, add_reference, release},
    accept, succeed, set_state, no_state, no_state, get_parameter_count, get_parameter_info, get_text_of_value,
    get_value_of_text, same, same, get_normalised, set_normalised, accept, create_view,
};

/* Factory. */

static void write_class_id(char *id, int index) { vst3_write_id(id, 0xFA017E57, 0, (uint32_t)MARK, (uint32_t)index); }

static vst3_result factory_query(void *self, const char *id, void **object) {
    enum vst3_interface wanted = vst3_interface_of(id);
    bool known = wanted == VST3_BASE || wanted == VST3_FACTORY || wanted == VST3_FACTORY_2;
    *object = known ? self : NULL;
    return known ? VST3_OK : VST3_NO_INTERFACE;
}
static uint32_t constant_references(void *self) {
    (void)self;
    return 1;
}
static vst3_result get_factory_info(void *self, struct vst3_factory_info *info) {
    (void)self;
    memset(info, 0, sizeof *info);
    snprintf(info->vendor, sizeof info->vendor, "Test Bench");
    info->flags = VST3_FACTORY_UNICODE;
    return VST3_OK;
}
static int32_t count_classes(void *self) {
    (void)self;
    return CLASSES;
}
static vst3_result get_class_info_2(void *self, int32_t index, struct vst3_class_info_2 *info) {
    (void)self;
    memset(info, 0, sizeof *info);
    write_class_id(info->id, index);
    info->cardinality = VST3_MANY_INSTANCES;
    snprintf(info->category, sizeof info->category, "Audio Module Class");
    snprintf(info->name, sizeof info->name, index ? "Faulty %c Two" : "Faulty %c", MARK);
    snprintf(info->subcategories, sizeof info->subcategories, "Fx|Delay");
    snprintf(info->vendor, sizeof info->vendor, "Test Bench");
    snprintf(info->version, sizeof info->version, "1.2.3");
    snprintf(info->sdk_version, sizeof info->sdk_version, "VST 3.7");
    return VST3_OK;
}
static vst3_result get_class_info(void *self, int32_t index, struct vst3_class_info *info) {
    struct vst3_class_info_2 longer;
    get_class_info_2(self, index, &longer);
    memcpy(info->id, longer.id, VST3_ID_SIZE);
    info->cardinality = longer.cardinality;
    memcpy(info->category, longer.category, sizeof info->category);
    memcpy(info->name, longer.name, sizeof info->name);
    return VST3_OK;
}
static vst3_result create_instance(void *self, const char *class_id, const char *interface_id, void **object) {
    (void)self, (void)class_id;
    puts("noise on the standard output");
    fflush(stdout);
    fputs("noise on the standard error\n", stderr);
    maybe_fail("load");
    struct plugin *plugin = calloc(1, sizeof *plugin);
    if (!plugin) return VST3_FALSE;
    plugin->component = (struct face){&component_methods, plugin};
    plugin->processor = (struct face){&processor_methods, plugin};
    plugin->controller = (struct face){&controller_methods, plugin};
    plugin->arrangement = 3;
    plugin->values[GAIN] = 0.5;
    plugin->references = 1;
    vst3_result result = query_interface(&plugin->component, interface_id, object);
    release(&plugin->component);
    return result;
}

static const struct vst3_factory_methods factory_methods = {
    {factory_query, constant_references, constant_references},
    get_factory_info, count_classes, get_class_info, create_instance, get_class_info_2,
};
static const struct vst3_factory_methods *const factory = &factory_methods;

__attribute__((visibility("default"))) void *GetPluginFactory(void);
void *GetPluginFactory(void) { return (void *)(uintptr_t)&factory; }

__attribute__((visibility("default"))) bool ModuleEntry(void *library);
bool ModuleEntry(void *library) {
    (void)library;
    return true;
}
__attribute__((visibility("default"))) bool ModuleExit(void);
bool ModuleExit(void) { return true; }
