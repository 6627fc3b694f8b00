/*
 * Telling the service manager (sd_notify(3)); without one, nothing happens.
 */
#ifndef HOST_NOTIFY_H
#define HOST_NOTIFY_H

#include <stdint.h>

void notify_ready(const char *status);		/* READY=1, STATUS= */
void notify_status(const char *status);
void notify_reloading(void);		/* RELOADING=1, MONOTONIC_USEC= */
void notify_stopping(void);
void notify_watchdog(void);

/* notify_watchdog_ms(): how often it wants to hear, 0 for never. */
int64_t notify_watchdog_ms(void);

#endif
