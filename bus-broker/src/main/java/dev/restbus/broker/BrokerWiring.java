package dev.restbus.broker;

import dev.restbus.api.control.CoordinatorChannel;
import dev.restbus.api.control.GroupChannel;
import dev.restbus.broker.fetch.Fetcher;
import dev.restbus.broker.group.GroupServices;
import dev.restbus.broker.group.Groups;
import dev.restbus.broker.group.SystemGroupClock;
import dev.restbus.broker.http.GroupPollRoute;
import dev.restbus.broker.http.ProduceRoutes;
import dev.restbus.broker.http.ReadRoutes;
import dev.restbus.broker.http.TopicReads;
import dev.restbus.broker.log.Disk;
import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.GroupCommit;
import dev.restbus.broker.log.LogDirectory;
import dev.restbus.broker.log.ReservedDisk;
import dev.restbus.broker.membership.Membership;
import dev.restbus.broker.offsets.OffsetStore;
import dev.restbus.broker.offsets.TopicCreation;
import dev.restbus.broker.publish.Publisher;
import dev.restbus.broker.replication.LogKeeper;
import dev.restbus.broker.replication.Partitions;
import dev.restbus.door.Route;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.Environment;

/**
 * Builds the broker's engine, from the disk up, and binds its ports. Beans close in the opposite
 * order: the door first, the data folder last.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(BrokerProperties.class)
@ComponentScan(basePackages = "dev.restbus.broker.http")
public class BrokerWiring {

    /** Answers are written here, so that the thread that forces can force. */
    private static final int COMPLETION_THREADS = 2;

    @Bean
    Disk disk(BrokerProperties properties) {
        int maxOpenFiles = properties.log().maxOpenFiles();
        FileDisk disk = maxOpenFiles > 0 ? new FileDisk(maxOpenFiles) : new FileDisk();
        return ReservedDisk.of(disk, properties.data());
    }

    @Bean(destroyMethod = "close")
    LogDirectory logDirectory(BrokerProperties properties, Disk disk) {
        return LogDirectory.open(properties.data(), disk);
    }

    @Bean(destroyMethod = "close")
    GroupCommit groupCommit(LogDirectory directory) {
        return new GroupCommit("group-commit", directory);
    }

    @Bean(destroyMethod = "shutdown")
    ExecutorService completions() {
        return Executors.newFixedThreadPool(COMPLETION_THREADS, daemon("completion"));
    }

    @Bean(destroyMethod = "shutdownNow")
    ScheduledExecutorService waitTimer() {
        ScheduledThreadPoolExecutor timer =
                new ScheduledThreadPoolExecutor(1, daemon("wait-timer"));
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    @Bean(destroyMethod = "close")
    Partitions partitions(
            LogDirectory directory,
            GroupCommit groupCommit,
            ExecutorService completions,
            BrokerProperties properties) {
        return new Partitions(directory, groupCommit, completions, properties.log().fsync());
    }

    @Bean(destroyMethod = "close")
    Membership membership(
            CoordinatorChannel coordinator,
            Partitions partitions,
            BrokerProperties properties,
            Environment environment) {
        String url = properties.broker().url();
        return Membership.join(
                coordinator,
                properties.broker().id(),
                url.isEmpty()
                        ? "http://127.0.0.1:" + environment.getProperty("server.port", "8080")
                        : url,
                partitions);
    }

    @Bean(destroyMethod = "close")
    LogKeeper logKeeper(Partitions partitions, Membership membership, BrokerProperties properties) {
        return new LogKeeper(
                partitions,
                LogKeeper.PERIOD_MS,
                properties.log().scrub().toBytes() * LogKeeper.PERIOD_MS / 1_000);
    }

    @Bean
    Publisher publisher(
            Partitions partitions,
            Membership membership,
            CoordinatorChannel coordinator,
            ExecutorService completions,
            BrokerProperties properties) {
        return new Publisher(
                partitions,
                coordinator,
                completions,
                properties.topics().autoCreate(),
                InstantSource.system());
    }

    @Bean
    Fetcher fetcher(ScheduledExecutorService waitTimer) {
        return new Fetcher(waitTimer);
    }

    @Bean
    MeterBinder brokerMetrics(Publisher publisher, Partitions partitions, LogKeeper logKeeper) {
        return registry -> {
            FunctionCounter.builder("bus.records.in", publisher, Publisher::recordsTaken)
                    .description("Records taken from producers")
                    .register(registry);
            Gauge.builder("bus.partitions", partitions, Partitions::count)
                    .description("Partitions of all topics")
                    .register(registry);
            Gauge.builder("bus.log.damaged", logKeeper, LogKeeper::damagedRecords)
                    .description("Records that the last look at their logs found damaged")
                    .register(registry);
            Gauge.builder("bus.unforced", partitions, Partitions::unforcedBytes)
                    .description("Written or queued and not forced to disk yet")
                    .baseUnit("bytes")
                    .register(registry);
        };
    }

    @Bean
    ProduceRoutes produceRoutes(Publisher publisher) {
        return new ProduceRoutes(publisher);
    }

    @Bean
    Route produceOne(ProduceRoutes routes) {
        return routes.one();
    }

    @Bean
    Route produceMany(ProduceRoutes routes) {
        return routes.many();
    }

    @Bean
    TopicReads topicReads(
            Partitions partitions, Membership membership, ScheduledExecutorService waitTimer) {
        return new TopicReads(partitions, waitTimer);
    }

    @Bean
    Route readTopic(TopicReads reads) {
        return reads.route();
    }

    @Bean
    ReadRoutes readRoutes(Partitions partitions, Fetcher fetcher, TopicReads topicReads) {
        return new ReadRoutes(partitions, fetcher, topicReads);
    }

    @Bean
    Route readMany(ReadRoutes routes) {
        return routes.many();
    }

    @Bean
    Route readOne(ReadRoutes routes) {
        return routes.one();
    }

    @Bean
    TopicCreation topicCreation(CoordinatorChannel coordinator, Partitions partitions) {
        return new TopicCreation(coordinator, partitions);
    }

    @Bean(destroyMethod = "close")
    OffsetStore offsetStore(
            TopicCreation topicCreation, Partitions partitions, Membership membership) {
        return new OffsetStore(topicCreation, partitions, InstantSource.system());
    }

    @Bean(destroyMethod = "close")
    SystemGroupClock groupClock() {
        return new SystemGroupClock();
    }

    @Bean(initMethod = "start", destroyMethod = "close")
    Groups groups(
            GroupChannel channel,
            OffsetStore offsetStore,
            Partitions partitions,
            SystemGroupClock groupClock,
            ExecutorService completions,
            TopicCreation topicCreation,
            BrokerProperties properties) {
        return new Groups(
                new GroupServices(channel, offsetStore, partitions, groupClock, completions),
                topicCreation,
                Groups.MAX_PARKED,
                properties.groups().offsetsRetention().toMillis());
    }

    /** A start takes longer than a short session; members are not blamed for it. */
    @Bean
    ApplicationListener<ApplicationReadyEvent> memberSessions(Groups groups) {
        return ready -> groups.runSessions();
    }

    /** Requests that wait are answered before the server waits for requests to end. */
    @Bean
    ApplicationListener<ContextClosedEvent> parkedPolls(Groups groups) {
        return closing -> groups.close();
    }

    @Bean
    Route groupPoll(Groups groups) {
        return new GroupPollRoute(groups).route();
    }

    private static ThreadFactory daemon(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
