package dev.restbus.client.spring;

import dev.restbus.client.BusRecord;
import dev.restbus.client.listener.RecordHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Map;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.ReflectionUtils;

/** Finds {@link BusListener} methods on beans and registers a handler for each. */
final class BusListenerMethods implements BeanPostProcessor {

    private final ObjectProvider<BusListeners> listeners;

    BusListenerMethods(ObjectProvider<BusListeners> listeners) {
        this.listeners = listeners;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        find(AopUtils.getTargetClass(bean))
                .forEach(
                        (method, listener) ->
                                listeners
                                        .getObject()
                                        .register(
                                                beanName + "." + method.getName(),
                                                listener,
                                                handler(bean, method)));
        return bean;
    }

    private static Map<Method, BusListener> find(Class<?> type) {
        if (type.getName().startsWith("org.springframework.")) {
            return Map.of();
        }
        MethodIntrospector.MetadataLookup<BusListener> annotation =
                method -> AnnotatedElementUtils.findMergedAnnotation(method, BusListener.class);
        return MethodIntrospector.selectMethods(type, annotation);
    }

    private static RecordHandler handler(Object bean, Method method) {
        if (method.getParameterCount() == 0) {
            throw new IllegalStateException("a @BusListener takes the record: " + method);
        }
        Method invocable = AopUtils.selectInvocableMethod(method, bean.getClass());
        ReflectionUtils.makeAccessible(invocable);
        return record -> invoke(bean, invocable, record);
    }

    private static void invoke(Object bean, Method method, BusRecord record) throws Exception {
        Class<?>[] types = method.getParameterTypes();
        Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = record.as(types[i]);
        }
        try {
            method.invoke(bean, arguments);
        } catch (InvocationTargetException e) {
            ReflectionUtils.rethrowException(e.getTargetException());
        }
    }
}
