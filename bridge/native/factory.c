#include "factory.h"

#include <stdio.h>

#include "instance.h"

static vst3_result VST3_CALL query_interface(void *self, const char *id, void **object) {
    switch (vst3_interface_of(id)) {
    case VST3_BASE:
    case VST3_FACTORY:
    case VST3_FACTORY_2: *object = self; return VST3_OK;
    default: *object = NULL; return VST3_NO_INTERFACE;
    }
}

static uint32_t VST3_CALL constant_references(void *self) {
    (void)self;
    return 1;
}

static vst3_result VST3_CALL get_factory_info(void *self, struct vst3_factory_info *info) {
    (void)self;
    memset(info, 0, sizeof *info);
    snprintf(info->vendor, sizeof info->vendor, "ampboard");
    info->flags = VST3_FACTORY_UNICODE;
    return VST3_OK;
}

static int32_t VST3_CALL count_classes(void *self) {
    (void)self;
    return registry_count();
}

static vst3_result VST3_CALL get_class_info_2(void *self, int32_t index, struct vst3_class_info_2 *info) {
    (void)self;
    struct plugin_class *plugin_class = registry_class_at(index);
    if (!plugin_class) return VST3_INVALID_ARGUMENT;
    const struct class_description *description = &plugin_class->description;
    memset(info, 0, sizeof *info);
    memcpy(info->id, plugin_class->id, VST3_ID_SIZE);
    info->cardinality = VST3_MANY_INSTANCES;
    snprintf(info->category, sizeof info->category, "Audio Module Class");
    snprintf(info->name, sizeof info->name, "%s", description->name);
    snprintf(info->subcategories, sizeof info->subcategories, "Fx");
    snprintf(info->vendor, sizeof info->vendor, "%s", description->vendor);
    snprintf(info->version, sizeof info->version, "%s", description->version);
    snprintf(info->sdk_version, sizeof info->sdk_version, "VST 3.7");
    registry_let_go(plugin_class);
    return VST3_OK;
}

static vst3_result VST3_CALL get_class_info(void *self, int32_t index, struct vst3_class_info *info) {
    struct vst3_class_info_2 longer;
    vst3_result result = get_class_info_2(self, index, &longer);
    if (result != VST3_OK) return result;
    memset(info, 0, sizeof *info);
    memcpy(info->id, longer.id, VST3_ID_SIZE);
    info->cardinality = longer.cardinality;
    memcpy(info->category, longer.category, sizeof info->category);
    memcpy(info->name, longer.name, sizeof info->name);
    return VST3_OK;
}

static vst3_result VST3_CALL create_instance(void *self, const char *class_id, const char *interface_id,
                                             void **object) {
    (void)self;
    *object = NULL;
    struct plugin_class *plugin_class = registry_class_of_id(class_id);
    if (!plugin_class) return VST3_INVALID_ARGUMENT;
    struct instance *instance = instance_create(plugin_class);
    if (!instance) return VST3_FALSE;
    vst3_result result = face_query_interface(&instance->component, interface_id, object);
    instance_release(instance);
    return result;
}

static const struct vst3_factory_methods methods = {
    .base = {query_interface, constant_references, constant_references},
    .get_factory_info = get_factory_info,
    .count_classes = count_classes,
    .get_class_info = get_class_info,
    .create_instance = create_instance,
    .get_class_info_2 = get_class_info_2,
};

static const struct vst3_factory_methods *const factory = &methods;

void *factory_object(void) {
    return (void *)(uintptr_t)&factory;
}
