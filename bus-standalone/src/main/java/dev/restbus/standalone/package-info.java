/** Broker and coordinator in one process: one context, one port, one data folder. */
@NullMarked
package dev.restbus.standalone;

import org.jspecify.annotations.NullMarked;
