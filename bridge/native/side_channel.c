#include "side_channel.h"

#include "instance.h"
#include "memory.h"

void ampboard_structure_sizes(uint64_t sizes[5]) {
    sizes[0] = sizeof(struct kernel);
    sizes[1] = sizeof(struct parameter);
    sizes[2] = sizeof(struct class_description);
    sizes[3] = sizeof(struct side_channel_counters);
    sizes[4] = sizeof(struct label);
}

uint32_t ampboard_register_class(const struct class_description *description) {
    return registry_add(description);
}

int32_t ampboard_unregister_class(uint32_t class_number) {
    return registry_remove(class_number) ? SIDE_CHANNEL_OK : SIDE_CHANNEL_NO_INSTANCE;
}

void ampboard_show_only(uint32_t class_number) {
    registry_show_only(class_number);
}

/* Referenced for the caller, or NULL. */
static struct instance *instance_of_class(uint32_t class_number) {
    struct plugin_class *plugin_class = registry_class_numbered(class_number);
    if (!plugin_class) return NULL;
    struct instance *instance = registry_newest_instance(plugin_class);
    registry_let_go(plugin_class);
    return instance;
}

int64_t ampboard_attach_kernel(uint32_t class_number, const struct kernel *kernel) {
    struct plugin_class *plugin_class = registry_class_numbered(class_number);
    if (!plugin_class) return SIDE_CHANNEL_NO_INSTANCE;
    struct kernel before;
    uint64_t attachment_before = registry_attachment(plugin_class, &before);
    uint64_t attachment = registry_attach(plugin_class, kernel);
    struct instance *instance = registry_newest_instance(plugin_class);
    bool accepted = !instance || instance_attach(instance, kernel, attachment);
    if (!accepted) registry_reattach(plugin_class, &before, attachment_before);
    if (instance) instance_release(instance);
    registry_let_go(plugin_class);
    return accepted ? (int64_t)attachment : SIDE_CHANNEL_REFUSED;
}

int32_t ampboard_live_attachments(uint32_t class_number, uint64_t *attachments, int32_t capacity) {
    struct instance *instance = instance_of_class(class_number);
    if (!instance) return SIDE_CHANNEL_NO_INSTANCE;
    int32_t count = instance_live_attachments(instance, attachments, capacity);
    instance_release(instance);
    return count;
}

int32_t ampboard_is_alive(uint32_t class_number) {
    struct plugin_class *plugin_class = registry_class_numbered(class_number);
    if (!plugin_class) return 0;
    bool alive = registry_has_instances(plugin_class);
    registry_let_go(plugin_class);
    return alive;
}

int32_t ampboard_set_parameter(uint32_t class_number, int32_t index, double value) {
    struct instance *instance = instance_of_class(class_number);
    if (!instance) return SIDE_CHANNEL_NO_INSTANCE;
    bool known = index >= 0 && index < instance->plugin_class->description.parameter_count;
    if (known) instance_edit(instance, index, value);
    instance_release(instance);
    return known ? SIDE_CHANNEL_OK : SIDE_CHANNEL_NO_PARAMETER;
}

int32_t ampboard_get_parameter(uint32_t class_number, int32_t index, double *value) {
    struct instance *instance = instance_of_class(class_number);
    if (!instance) return SIDE_CHANNEL_NO_INSTANCE;
    bool known = index >= 0 && index < instance->plugin_class->description.parameter_count;
    if (known) *value = instance_value(instance, index);
    instance_release(instance);
    return known ? SIDE_CHANNEL_OK : SIDE_CHANNEL_NO_PARAMETER;
}

int32_t ampboard_send_midi(uint32_t class_number, int32_t frame, const uint8_t *bytes, int32_t size) {
    if (frame < 0 || size < 1 || size > MIDI_LONGEST) return SIDE_CHANNEL_IMPOSSIBLE;
    struct instance *instance = instance_of_class(class_number);
    if (!instance) return SIDE_CHANNEL_NO_INSTANCE;
    bool taken = instance_send_midi(instance, frame, bytes, size);
    instance_release(instance);
    return taken ? SIDE_CHANNEL_OK : SIDE_CHANNEL_NO_MIDI;
}

struct side_source *ampboard_create_bus(double seconds) {
    return seconds > 0.0 ? side_source_bus(seconds) : NULL;
}

struct side_source *ampboard_create_stem(const float *samples, int32_t channels, int64_t frames) {
    return channels > 0 && frames >= 0 ? side_source_stem(samples, channels, frames) : NULL;
}

void ampboard_release_source(struct side_source *source) {
    side_source_release(source);
}

int32_t ampboard_tap_into(uint32_t class_number, struct side_source *bus) {
    struct instance *instance = instance_of_class(class_number);
    if (!instance) return SIDE_CHANNEL_NO_INSTANCE;
    bool linked = instance_tap_into(instance, bus);
    instance_release(instance);
    return linked ? SIDE_CHANNEL_OK : SIDE_CHANNEL_IMPOSSIBLE;
}

int32_t ampboard_listen_to(uint32_t class_number, struct side_source *source) {
    struct instance *instance = instance_of_class(class_number);
    if (!instance) return SIDE_CHANNEL_NO_INSTANCE;
    bool linked = instance_listen_to(instance, source);
    instance_release(instance);
    return linked ? SIDE_CHANNEL_OK : SIDE_CHANNEL_IMPOSSIBLE;
}

static uint64_t counted(const atomic_uint_least64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

int32_t ampboard_get_counters(uint32_t class_number, struct side_channel_counters *counters) {
    struct instance *instance = instance_of_class(class_number);
    if (!instance) return SIDE_CHANNEL_NO_INSTANCE;
    *counters = (struct side_channel_counters){
        .process_calls = counted(&instance->counters.process_calls),
        .resets = counted(&instance->counters.resets),
        .prepares = counted(&instance->counters.prepares),
        .refusals = counted(&instance->counters.refusals),
        .non_finite_inputs = counted(&instance->counters.non_finite_inputs),
        .non_finite_outputs = counted(&instance->counters.non_finite_outputs),
        .dropped_midi = counted(&instance->counters.dropped_midi),
        .latency = instance_latency(instance),
    };
    instance_release(instance);
    return SIDE_CHANNEL_OK;
}

uint64_t ampboard_allocations(void) {
    return memory_allocations();
}
