/** Who may call: the security mode of the node, checked at start and on every request. */
@NullMarked
package dev.restbus.door.security;

import org.jspecify.annotations.NullMarked;
