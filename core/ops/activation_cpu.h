/** Fast float32 kernels of core/ops/activation.c. */
#ifndef DT_CORE_OPS_ACTIVATION_CPU_H
#define DT_CORE_OPS_ACTIVATION_CPU_H

#include "core/op.h"

#define dt_abs_cpu             NULL
#define dt_abs_grad_cpu        NULL
#define dt_clamp_cpu           NULL
#define dt_clamp_grad_cpu      NULL
#define dt_relu_cpu            NULL
#define dt_relu_grad_cpu       NULL
#define dt_leaky_relu_cpu      NULL
#define dt_leaky_relu_grad_cpu NULL
#define dt_sigmoid_cpu         NULL
#define dt_sigmoid_grad_cpu    NULL
#define dt_tanh_cpu            NULL
#define dt_tanh_grad_cpu       NULL
#define dt_silu_cpu            NULL
#define dt_silu_grad_cpu       NULL
#define dt_gelu_cpu            NULL
#define dt_gelu_grad_cpu       NULL
#define dt_hardswish_cpu       NULL
#define dt_hardswish_grad_cpu  NULL
#define dt_mish_cpu            NULL
#define dt_mish_grad_cpu       NULL
#define dt_softplus_cpu        NULL
#define dt_softplus_grad_cpu   NULL

#endif
