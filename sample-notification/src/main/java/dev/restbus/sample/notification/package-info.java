/** A notifier that keeps its own pace; where the parts are put together. */
@NullMarked
package dev.restbus.sample.notification;

import org.jspecify.annotations.NullMarked;
