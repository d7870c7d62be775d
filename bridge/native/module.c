/* What a VST3 host looks for in the module. Off the audio thread. */
#include <stdbool.h>

#include "exported.h"
#include "factory.h"
#include "vst3_abi.h"

EXPORTED void *VST3_CALL GetPluginFactory(void);

void *VST3_CALL GetPluginFactory(void) {
    return factory_object();
}

#if defined(_WIN32)

EXPORTED bool InitDll(void);
EXPORTED bool ExitDll(void);

bool InitDll(void) {
    return true;
}

bool ExitDll(void) {
    return true;
}

#elif defined(__APPLE__)

EXPORTED bool bundleEntry(void *bundle);
EXPORTED bool bundleExit(void);

bool bundleEntry(void *bundle) {
    (void)bundle;
    return true;
}

bool bundleExit(void) {
    return true;
}

#else

EXPORTED bool ModuleEntry(void *library);
EXPORTED bool ModuleExit(void);

bool ModuleEntry(void *library) {
    (void)library;
    return true;
}

bool ModuleExit(void) {
    return true;
}

#endif
