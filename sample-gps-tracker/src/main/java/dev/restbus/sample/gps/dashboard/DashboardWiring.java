package dev.restbus.sample.gps.dashboard;

import dev.restbus.client.BusClient;
import dev.restbus.client.spring.BusClientProperties;
import dev.restbus.sample.gps.fix.FixTopic;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Puts the dashboard on the bus, with its health and its metrics. */
@Configuration(proxyBeanMethods = false)
class DashboardWiring {

    @Bean
    Dashboard dashboard(
            BusClient bus,
            FixTopic topic,
            CabMap map,
            @Value("${gps.dashboard.rate-per-second}") double ratePerSecond,
            BusClientProperties properties) {
        return new Dashboard(
                bus, topic, map, new Dashboard.Start(ratePerSecond, properties.listenersEnabled()));
    }

    /** Only a detail: the sample itself is ready, and goes on when the bus comes back. */
    @Bean
    HealthIndicator busHealthIndicator(BusWatch watch) {
        return () -> (watch.seen().connected() ? Health.up() : Health.down()).build();
    }

    @Bean
    FunctionCounter shownFixes(CabMap map, MeterRegistry meters) {
        return FunctionCounter.builder("gps.fixes.shown", map, m -> m.totals().shown())
                .description("fixes that the dashboard put on the map")
                .register(meters);
    }

    @Bean
    FunctionCounter orderViolations(CabMap map, MeterRegistry meters) {
        return FunctionCounter.builder("gps.fixes.order.violations", map, m -> m.totals().late())
                .description("fixes that came behind a newer one of their cab")
                .register(meters);
    }

    @Bean
    Gauge dashboardLag(BusWatch watch, MeterRegistry meters) {
        return Gauge.builder("gps.dashboard.lag", watch, w -> w.seen().lag())
                .description("fixes that the dashboard has not committed yet")
                .register(meters);
    }

    @Bean
    Gauge cabsOnTheMap(CabMap map, MeterRegistry meters) {
        return Gauge.builder("gps.cabs", map, m -> m.totals().cabs())
                .description("cabs on the map")
                .register(meters);
    }
}
