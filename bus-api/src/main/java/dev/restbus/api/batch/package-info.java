/** Kafka's record batch format v2: layout, builder and reader, on plain byte arrays. */
@NullMarked
package dev.restbus.api.batch;

import org.jspecify.annotations.NullMarked;
