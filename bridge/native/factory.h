/* IPluginFactory2 over the registry: one object, never destroyed. Off the audio thread. */
#ifndef AMPBOARD_FACTORY_H
#define AMPBOARD_FACTORY_H

void *factory_object(void);

#endif
