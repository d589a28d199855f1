/**
 * This broker's place in the cluster: it registers with the coordinator and follows the metadata.
 */
@NullMarked
package dev.restbus.broker.membership;

import org.jspecify.annotations.NullMarked;
