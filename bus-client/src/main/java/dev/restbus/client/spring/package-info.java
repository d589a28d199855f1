/** The Spring Boot starter: a configured client, {@code BusTemplate} and {@code @BusListener}. */
@NullMarked
package dev.restbus.client.spring;

import org.jspecify.annotations.NullMarked;
