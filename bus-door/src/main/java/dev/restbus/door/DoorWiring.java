package dev.restbus.door;

import dev.restbus.door.json.StrictJson;
import dev.restbus.door.security.Gate;
import dev.restbus.door.tomcat.DoorTomcat;
import jakarta.servlet.DispatcherType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.http.converter.autoconfigure.ServerHttpMessageConvertersCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.Environment;
import org.springframework.http.converter.HttpMessageConverter;
import org.springframework.http.converter.json.JacksonJsonHttpMessageConverter;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/**
 * The door of one node: import it, and every bean that is a {@link Route} or a {@code List<Route>}
 * is served.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DoorProperties.class)
@Import(MvcProblems.class)
public class DoorWiring {

    @Bean
    Deadlines doorDeadlines(DoorProperties properties) {
        return new Deadlines(properties.bodyTimeoutMs(), properties.minBodyBytesPerSecond());
    }

    @Bean
    AnswerStreams doorStreams(DoorProperties properties) {
        return new AnswerStreams(properties.maxStreams(), properties.streamStallMs());
    }

    @Bean
    Admission doorAdmission(DoorProperties properties, AnswerStreams streams) {
        return new Admission(properties.maxParked(), properties.bodyMemoryBytes(), streams);
    }

    @Bean
    DoorStop doorStop(Admission admission, DoorProperties properties) {
        return new DoorStop(admission, properties.stopGraceMs());
    }

    @Bean
    Gate doorGate(Environment environment) {
        return Gate.of(environment);
    }

    @Bean
    RouteTable doorRoutes(ListableBeanFactory beans) {
        return new RouteTable(routes(beans));
    }

    @Bean
    FastLane fastLane(
            RouteTable routes, Gate gate, Admission admission, DoorProperties properties) {
        return new FastLane(routes, gate, admission, new AnswerBytes(properties.node()));
    }

    @Bean
    FilterRegistrationBean<FrontDoor> frontDoor(
            RouteTable routes,
            ObjectProvider<RequestMappingInfoHandlerMapping> mappings,
            Gate gate,
            DoorProperties properties,
            Admission admission,
            Deadlines deadlines) {
        FrontDoor door =
                new FrontDoor(
                        routes,
                        new MvcPaths(() -> mappings.stream().toList()),
                        gate,
                        properties,
                        admission,
                        deadlines);
        FilterRegistrationBean<FrontDoor> registration = new FilterRegistrationBean<>(door);
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        registration.addUrlPatterns("/*");
        registration.setAsyncSupported(true);
        registration.setDispatcherTypes(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
        return registration;
    }

    private static List<Route> routes(ListableBeanFactory beans) {
        List<Route> routes = new ArrayList<>(ProblemPages.routes());
        beans.getBeanProvider(Route.class).stream().forEach(routes::add);
        ResolvableType lists = ResolvableType.forClassWithGenerics(List.class, Route.class);
        beans.<List<Route>>getBeanProvider(lists).stream().forEach(routes::addAll);
        return routes;
    }

    @Bean
    DoorTomcat doorTomcat(DoorProperties properties, ObjectProvider<FastLane> lanes) {
        // Not before there is a request: it brings all routes with it.
        Supplier<FastLane> lane = SingletonSupplier.of(lanes::getObject);
        return new DoorTomcat(
                new DoorTomcat.Limits(
                        properties.headerTimeoutMs(),
                        properties.bodyTimeoutMs(),
                        properties.maxConnections(),
                        properties.maxThreads()),
                (request, response, status, detail) ->
                        ProblemWriter.write(
                                request,
                                response,
                                MvcProblems.ofContainer(request, status, detail)),
                (request, length, caller) -> lane.get().take(request, length, caller));
    }

    @Bean
    ServerHttpMessageConvertersCustomizer strictJsonConverter() {
        return converters ->
                converters
                        .withJsonConverter(new JacksonJsonHttpMessageConverter(StrictJson.mapper()))
                        .configureMessageConvertersList(
                                all -> all.removeIf(DoorWiring::bindsOtherThanJson));
    }

    /** What some library brings to the class path, such as YAML, is no way past strict JSON. */
    private static boolean bindsOtherThanJson(HttpMessageConverter<?> converter) {
        return converter.canRead(Map.class, null)
                && !(converter instanceof JacksonJsonHttpMessageConverter);
    }

    /** Takes the place of Boot's {@code /error}, which speaks another format; it maps nothing. */
    @Bean
    ErrorController noErrorPage() {
        return new ErrorController() {};
    }
}
