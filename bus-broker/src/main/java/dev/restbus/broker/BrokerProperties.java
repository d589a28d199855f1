package dev.restbus.broker;

import dev.restbus.broker.log.Fsync;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What a broker can be told, under {@code bus}. Immutable.
 *
 * @param data the folder that holds every log; made if it is not there, held by one process at a
 *     time
 * @param broker who this broker is
 * @param log how logs are kept
 * @param topics what may happen to topics
 * @param groups how groups are kept
 */
@ConfigurationProperties("bus")
public record BrokerProperties(
        @DefaultValue("data") Path data,
        @DefaultValue Broker broker,
        @DefaultValue Log log,
        @DefaultValue Topics topics,
        @DefaultValue Groups groups) {

    /**
     * Who this broker is.
     *
     * @param id from 1, one a data folder
     * @param url where others reach it; empty for its own loopback address
     */
    public record Broker(@DefaultValue("1") int id, @DefaultValue("") String url) {}

    /**
     * How logs are kept.
     *
     * @param fsync {@code group}: each append is forced by the next group commit; {@code never}: by
     *     the operating system when it likes, and a power cut loses acknowledged records
     * @param maxOpenFiles so many files of logs are open at once, besides those that hold what was
     *     not forced; 0 for half of what the process may open, 4096 at most
     * @param scrub about so much of all logs is read again in a second, to find damage; 0 for none
     */
    public record Log(
            @DefaultValue("group") Fsync fsync,
            @DefaultValue("0") int maxOpenFiles,
            @DefaultValue("1MB") DataSize scrub) {}

    /**
     * What may happen to topics.
     *
     * @param autoCreate whether producing to a topic that does not exist creates it
     */
    public record Topics(@DefaultValue("true") boolean autoCreate) {}

    /**
     * How groups are kept.
     *
     * @param offsetsRetention how long the offsets of a group without members are kept
     */
    public record Groups(@DefaultValue("7d") Duration offsetsRetention) {}
}
