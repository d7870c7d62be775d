/* IComponent: buses, activity, state. Off the audio thread. */
#include "instance.h"
#include "state_chunk.h"

static vst3_result VST3_CALL initialize(void *self, void *host) {
    (void)self, (void)host;
    return VST3_OK;
}

static vst3_result VST3_CALL terminate(void *self) {
    (void)self;
    return VST3_OK;
}

static vst3_result VST3_CALL get_controller_class_id(void *self, char *id) {
    (void)self;
    memset(id, 0, VST3_ID_SIZE);
    return VST3_NOT_IMPLEMENTED; /* the component is its own controller */
}

static vst3_result VST3_CALL set_io_mode(void *self, int32_t mode) {
    (void)self, (void)mode;
    return VST3_NOT_IMPLEMENTED;
}

static int32_t VST3_CALL get_bus_count(void *self, int32_t media, int32_t direction) {
    (void)self, (void)direction;
    return media == VST3_AUDIO ? 1 : 0;
}

static vst3_result VST3_CALL get_bus_info(void *self, int32_t media, int32_t direction, int32_t index,
                                          struct vst3_bus_info *info) {
    struct instance *instance = instance_of(self);
    if (media != VST3_AUDIO || index != 0) return VST3_INVALID_ARGUMENT;
    memset(info, 0, sizeof *info);
    info->media = media;
    info->direction = direction;
    lock_take(&instance->preparing);
    info->channels = instance->channels;
    lock_give(&instance->preparing);
    text_widen(info->name, direction == VST3_INPUT ? "Input" : "Output");
    info->type = VST3_MAIN_BUS;
    info->flags = VST3_BUS_DEFAULT_ACTIVE;
    return VST3_OK;
}

static vst3_result VST3_CALL get_routing_info(void *self, void *input, void *output) {
    (void)self, (void)input, (void)output;
    return VST3_NOT_IMPLEMENTED;
}

static vst3_result VST3_CALL activate_bus(void *self, int32_t media, int32_t direction, int32_t index, uint8_t active) {
    (void)self, (void)direction, (void)active;
    return media == VST3_AUDIO && index == 0 ? VST3_OK : VST3_INVALID_ARGUMENT;
}

/* Leaving the active state forgets the signal. Entering it does not: hosts enter a second time when their block grows,
 * and pedalboard enters and leaves to say reset. */
static vst3_result VST3_CALL set_active(void *self, uint8_t active) {
    struct instance *instance = instance_of(self);
    if (active) {
        instance_prepare(instance);
    } else {
        atomic_store(&instance->reset_armed, true);
    }
    return VST3_OK;
}

static vst3_result VST3_CALL set_state(void *self, void *stream) {
    return state_chunk_read(instance_of(self), stream) ? VST3_OK : VST3_FALSE;
}

static vst3_result VST3_CALL get_state(void *self, void *stream) {
    return state_chunk_write(instance_of(self), stream) ? VST3_OK : VST3_FALSE;
}

const struct vst3_component_methods component_methods = {
    .base = {face_query_interface, face_add_reference, face_release},
    .initialize = initialize,
    .terminate = terminate,
    .get_controller_class_id = get_controller_class_id,
    .set_io_mode = set_io_mode,
    .get_bus_count = get_bus_count,
    .get_bus_info = get_bus_info,
    .get_routing_info = get_routing_info,
    .activate_bus = activate_bus,
    .set_active = set_active,
    .set_state = set_state,
    .get_state = get_state,
};
