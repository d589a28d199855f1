/** Load runs against a bus in a process of its own, side by side with a no-op in that process. */
@NullMarked
package dev.restbus.bench;

import org.jspecify.annotations.NullMarked;
