/** Content encodings: of request bodies, undone piece by piece, and of whole answers. */
@NullMarked
package dev.restbus.door.encoding;

import org.jspecify.annotations.NullMarked;
