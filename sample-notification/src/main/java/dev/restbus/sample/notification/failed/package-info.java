/** Notifications that could not be delivered: list them, correct them, send them back. */
@NullMarked
package dev.restbus.sample.notification.failed;

import org.jspecify.annotations.NullMarked;
