package dev.restbus.sample.gps;

import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.servers.Server;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Cabs that report every ten seconds, and a dashboard that reads at its own pace. */
@SpringBootApplication
public class GpsTrackerApplication {

    public static void main(String[] args) {
        SpringApplication.run(GpsTrackerApplication.class, args);
    }

    @Bean
    OpenAPI openApi() {
        return new OpenAPI()
                .info(
                        new Info()
                                .title("GPS tracker")
                                .version("1")
                                .description("A cab fleet and a slower dashboard on Restbus"))
                .servers(List.of(new Server().url("/")));
    }
}
