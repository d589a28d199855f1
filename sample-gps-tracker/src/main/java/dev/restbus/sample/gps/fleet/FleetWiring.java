package dev.restbus.sample.gps.fleet;

import dev.restbus.sample.gps.fix.FixSender;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Puts the fleet on its roads; it drives at start only with {@code sample.traffic=true}. */
@Configuration(proxyBeanMethods = false)
class FleetWiring {

    @Bean
    Roads roads() {
        return new Roads();
    }

    @Bean
    Fleet fleet(
            FixSender sender,
            Roads roads,
            @Value("${sample.traffic}") boolean traffic,
            @Value("${gps.fleet.cabs}") int cabs) {
        return new Fleet(sender, roads, traffic ? cabs : 0);
    }
}
