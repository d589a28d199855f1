/** What only Tomcat can see: framing, header deadlines, its own error answers and its settings. */
@NullMarked
package dev.restbus.door.tomcat;

import org.jspecify.annotations.NullMarked;
