/** The JSON bodies of the control paths, as records that server and client share. */
@NullMarked
package dev.restbus.api.wire;

import org.jspecify.annotations.NullMarked;
